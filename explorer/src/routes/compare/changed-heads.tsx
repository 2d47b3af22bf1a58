import { Link } from '@tanstack/react-router';
import { head, place } from '../../api/queries.ts';
import type { ModelDiff, ModelInfo, TokenPair } from '../../api/types.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { Pill } from '../../components/pill.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { scoreFormat } from '../../format.ts';
import type { CompareSearch } from './search.ts';
import { formatShare, useDiff } from './use-diff.ts';

interface ChangedHeadsProps {
  a: ModelInfo;
  b: ModelInfo;
  search: CompareSearch;
  onChange: (change: CompareSearch) => void;
}

/** The heads that changed most, or any other, one at a time: its pairs before, the pairs of the change, and after. */
export function ChangedHeads({ a, b, search, onChange }: ChangedHeadsProps) {
  const { nth = 0, head: any, matrix = 'vo' } = search;
  return (
    <Answer query={useDiff(a, b)} what={`Comparing ${a.id} with ${b.id}`}>
      {({ heads, normalize }) => {
        const chosen = any === undefined ? heads[Math.min(nth, heads.length - 1)] : undefined;
        return (
          <>
            <p className="page-line">
              {heads.length > 0
                ? 'The heads that changed most, by the size of what changed in their parameters, and any other.'
                : 'No head of the two differs beyond rounding, or they have none alike.'}
            </p>
            {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
            <div className="changed-heads" role="group" aria-label="Heads that changed most">
              {heads.map((one, at) => (
                <Pill
                  key={`${one.layer}:${one.head}:${one.matrix}`}
                  pressed={one === chosen}
                  onClick={() => onChange({ nth: at || undefined, head: undefined, matrix: undefined })}
                >
                  {one.layer}:{one.head} {one.matrix.toUpperCase()}{' '}
                  <span className="soft">{formatShare(one.relative)}</span>
                </Pill>
              ))}
            </div>
            <AnyHead
              a={a}
              shown={any ?? (chosen && `${chosen.layer}:${chosen.head}`)}
              matrix={chosen?.matrix ?? matrix}
              onChange={onChange}
            />
            {any !== undefined ? (
              <AnyChange key={`${any}${matrix}`} a={a} b={b} place={any} matrix={matrix} normalize={normalize} />
            ) : (
              chosen && <BeforeAndAfter key={nth} a={a} b={b} change={chosen} normalize={normalize} />
            )}
          </>
        );
      }}
    </Answer>
  );
}

/** Any head of the first model, by its layer, its number and the matrix. */
function AnyHead({
  a: { layers, heads },
  shown = '0:0',
  matrix,
  onChange,
}: Pick<ChangedHeadsProps, 'a' | 'onChange'> & { shown?: string | undefined; matrix: 'vo' | 'qk' }) {
  const [layer, head] = shown.split(':');
  const number = (label: string, name: string, value: string | undefined, count: number) => (
    <label>
      <span className="soft">{label}</span>{' '}
      <input type="number" name={name} min={0} max={count - 1} defaultValue={value} required />
    </label>
  );
  return (
    <form
      key={`${shown} ${matrix}`}
      className="compare-controls any-head"
      aria-label="Any head"
      onSubmit={(event) => {
        event.preventDefault();
        const said = new FormData(event.currentTarget);
        const matrix = said.get('matrix') === 'qk' ? ('qk' as const) : undefined;
        onChange({ head: `${Number(said.get('layer'))}:${Number(said.get('head'))}`, matrix, nth: undefined });
      }}
    >
      {number('layer', 'layer', layer, layers)}
      {number('head', 'head', head, heads)}
      <label>
        <span className="soft">matrix</span>{' '}
        <select name="matrix" defaultValue={matrix}>
          <option value="vo">VO</option>
          <option value="qk">QK</option>
        </select>
      </label>
      <button type="submit" className="pill">
        show
      </button>
    </form>
  );
}

interface AnyChangeProps extends Pick<SidesProps, 'a' | 'b' | 'normalize'> {
  place: string;
  matrix: 'vo' | 'qk';
}

function AnyChange({ a, b, place: at, matrix, normalize }: AnyChangeProps) {
  const [layer, index] = at.split(':').map(Number) as [number, number];
  const query = useLongQuery(head.change, {
    param: place({ model: a.id, layer, head: index }),
    query: { second: b.id, matrix, normalize, k: LISTED },
  });
  return (
    <Answer query={query} what={`Reading what changed in head ${at}`}>
      {(change) => <BeforeAndAfter a={a} b={b} change={change} normalize={normalize} />}
    </Answer>
  );
}

type Change = ModelDiff['heads'][number];

interface SidesProps {
  a: ModelInfo;
  b: ModelInfo;
  change: Change;
  normalize: ModelDiff['normalize'];
}

function BeforeAndAfter({ a, b, change, normalize }: SidesProps) {
  const { layer, head, matrix, pairs, lowest } = change;
  return (
    <div className="before-after">
      <Side title="before" model={a} {...{ layer, head, matrix, normalize }} />
      <section aria-label="Change">
        <h2>change</h2>
        {pairs.length === 0 ? (
          <Empty>Nothing changed in it.</Empty>
        ) : (
          <>
            <h3>rose most</h3>
            <Pairs pairs={pairs} model={a.id} label="Change: rose most" />
            <h3>fell most</h3>
            <Pairs pairs={lowest} model={a.id} label="Change: fell most" />
          </>
        )}
      </section>
      <Side title="after" model={b} {...{ layer, head, matrix, normalize }} />
    </div>
  );
}

const LISTED = 8;

interface SideProps extends Pick<Change, 'layer' | 'head' | 'matrix'> {
  title: string;
  model: ModelInfo;
  normalize: ModelDiff['normalize'];
}

function Side({ title, model, layer, head: index, matrix, normalize }: SideProps) {
  const query = useLongQuery(head, {
    param: place({ model: model.id, layer, head: index }),
    query: { matrix, normalize, k: LISTED },
  });
  return (
    <section aria-label={`${title}, ${model.id}`}>
      <h2>
        {title}{' '}
        <Link
          className="soft"
          to="/m/$model/head/$layer/$head"
          params={{ model: model.id, layer, head: index }}
          search={{ matrix, ...(normalize !== 'freq' && { normalize }) }}
        >
          {model.id} {layer}:{index}
        </Link>
      </h2>
      <Answer query={query} what={`Reading ${model.id}`}>
        {(reading) => (
          <Pairs pairs={reading[matrix]?.pairs ?? []} model={model.id} label={`${title}, ${model.id}: pairs`} />
        )}
      </Answer>
    </section>
  );
}

function Pairs({ pairs, model, label }: { pairs: readonly TokenPair[]; model: string; label: string }) {
  const format = scoreFormat(pairs.map(({ score }) => score));
  return (
    <ol className="pair-list" aria-label={label}>
      {pairs.map(({ first, second, score }) => (
        <li key={`${first.id} ${second.id}`}>
          <span>
            <TokenLabel token={first} model={model} /> → <TokenLabel token={second} model={model} />
          </span>
          <span className="number">{format(score)}</span>
        </li>
      ))}
    </ol>
  );
}
