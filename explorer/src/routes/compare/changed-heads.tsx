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
  nth: number;
  onChange: (change: CompareSearch) => void;
}

/** The heads that changed most, one at a time: its pairs before, the pairs of the change, its pairs after. */
export function ChangedHeads({ a, b, nth, onChange }: ChangedHeadsProps) {
  return (
    <Answer query={useDiff(a, b)} what={`Comparing ${a.id} with ${b.id}`}>
      {({ heads, normalize }) => {
        const chosen = heads[Math.min(nth, heads.length - 1)];
        if (!chosen) return <Empty>No head of the two differs beyond rounding, or they have none alike.</Empty>;
        return (
          <>
            <p className="page-line">The heads that changed most, by the size of what changed in their parameters.</p>
            {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
            <div className="changed-heads" role="group" aria-label="Heads that changed most">
              {heads.map((one, at) => (
                <Pill
                  key={`${one.layer}:${one.head}:${one.matrix}`}
                  pressed={one === chosen}
                  onClick={() => onChange({ nth: at || undefined })}
                >
                  {one.layer}:{one.head} {one.matrix.toUpperCase()}{' '}
                  <span className="soft">{formatShare(one.relative)}</span>
                </Pill>
              ))}
            </div>
            <BeforeAndAfter key={nth} a={a} b={b} change={chosen} normalize={normalize} />
          </>
        );
      }}
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
  const { layer, head, matrix, pairs } = change;
  return (
    <div className="before-after">
      <Side title="before" model={a} {...{ layer, head, matrix, normalize }} />
      <section aria-label="Change">
        <h2>change</h2>
        {pairs.length === 0 ? (
          <Empty>Nothing changed in it.</Empty>
        ) : (
          <Pairs pairs={pairs} model={a.id} label="Change" />
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
          search={{ ...(matrix === 'vo' && { matrix }), ...(normalize !== 'freq' && { normalize }) }}
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
