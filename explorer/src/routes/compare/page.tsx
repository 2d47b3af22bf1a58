import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { compare, modelsQuery } from '../../api/queries.ts';
import type { Comparison, ModelInfo } from '../../api/types.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Pill } from '../../components/pill.tsx';
import { Slider } from '../../components/slider.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenText } from '../../components/token-label.tsx';
import { formatCount } from '../../format.ts';
import { AMONG, type CompareSearch } from './search.ts';
import './compare.css';

const route = getRouteApi('/compare');

type Diff = NonNullable<Comparison['diff']>;
type NeuronDiff = Diff['neurons'][number];
type HeadDiff = Diff['heads'][number];

const LISTED = 500;

export function ComparePage() {
  const models = useQuery(modelsQuery());
  return (
    <article aria-labelledby="compare-title">
      <h1 id="compare-title">Compare</h1>
      <p className="page-line">What two models have different, by the tokens their neurons and heads list.</p>
      <Answer query={models} what="Asking for the models">
        {({ models }) =>
          models.length < 2 ? (
            <>
              <Empty>
                One model is open, and a comparison takes two. Start the explorer with both, each with its atlas:{' '}
                <code>weightscope explore A-atlas B-atlas</code>
              </Empty>
              <OnTheCommandLine />
            </>
          ) : (
            <Pair models={models} />
          )
        }
      </Answer>
    </article>
  );
}

function Pair({ models }: { models: readonly ModelInfo[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onChange = (change: CompareSearch): void => {
    void navigate({ search: (previous) => ({ ...previous, ...change }), resetScroll: false });
  };
  const a = models.find(({ id }) => id === search.a) ?? models[0];
  const b = models.find(({ id }) => id === search.b) ?? models.find(({ id }) => id !== a.id)!;
  const choice = (label: string, chosen: ModelInfo, pick: (id: string) => void) => (
    <label>
      <span className="soft">{label}</span>{' '}
      <select value={chosen.id} onChange={(event) => pick(event.currentTarget.value)}>
        {models.map(({ id, name }) => (
          <option key={id} value={id} title={name}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div className="compare-controls">
        {choice('a', a, (id) => onChange({ a: id }))}
        {choice('b', b, (id) => onChange({ b: id }))}
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="What is compared">
          <Pill pressed={search.show === undefined} onClick={() => onChange({ show: undefined })}>
            neurons
          </Pill>
          <Pill pressed={search.show === 'heads'} onClick={() => onChange({ show: 'heads' })}>
            heads
          </Pill>
        </div>
        <Slider
          label="of the first"
          min={5}
          max={100}
          step={5}
          value={search.among ?? AMONG}
          onChange={(among) => onChange({ among: among === AMONG ? undefined : among })}
          format={String}
        />
      </div>
      {a.id === b.id ? (
        <Empty>Choose two different models.</Empty>
      ) : (
        <>
          {a.fingerprint === b.fingerprint && <OneCheckpoint a={a} b={b} />}
          <Compared a={a} b={b} among={search.among ?? AMONG} heads={search.show === 'heads'} />
        </>
      )}
    </>
  );
}

/** What differs is then how it was read, not what the models say. */
function OneCheckpoint({ a, b }: { a: ModelInfo; b: ModelInfo }) {
  const differ = Object.keys({ ...a.atlas?.settings, ...b.atlas?.settings }).filter(
    (name) => JSON.stringify(a.atlas?.settings[name]) !== JSON.stringify(b.atlas?.settings[name]),
  );
  const of = ({ atlas }: ModelInfo) => differ.map((name) => `${name} ${String(atlas?.settings[name])}`).join(', ');
  return (
    <p className="page-line warning" role="note">
      Both sides are one checkpoint
      {differ.length === 0
        ? ', read in the same way: nothing can differ.'
        : `, read under other settings (${a.id}: ${of(a)}; ${b.id}: ${of(b)}): what differs is the reading, not the model.`}
    </p>
  );
}

function Compared({ a, b, among, heads }: { a: ModelInfo; b: ModelInfo; among: number; heads: boolean }) {
  const query = useLongQuery(compare, { query: { a: a.id, b: b.id, among, k: LISTED } }, { keep: true });
  return (
    <Answer query={query} what="Comparing the atlases">
      {({ shared, diff }) => (
        <>
          <Shared shared={shared} vocabularies={a.live && b.live} />
          {diff ? (
            <div className={query.isPlaceholderData ? 'stale' : ''}>
              <p className="page-line">
                {heads ? 'Heads' : 'Neurons'} that share the fewest of their first {among} {heads ? 'pairs' : 'tokens'},
                the fewest first.
              </p>
              {heads ? (
                <HeadDiffs rows={diff.heads} a={a} b={b} among={among} />
              ) : (
                <NeuronDiffs rows={diff.neurons} a={a} b={b} among={among} />
              )}
            </div>
          ) : (
            <Missing models={[a, b].filter(({ atlas }) => atlas === null)} />
          )}
        </>
      )}
    </Answer>
  );
}

/** Vocabularies are compared where both checkpoints are open: an atlas alone does not tell. */
function Shared({ shared, vocabularies }: { shared: Comparison['shared']; vocabularies: boolean }) {
  const different = shared.dimensions.filter(({ a, b }) => a !== b);
  return (
    <p className="compare-facts">
      {shared.architecture ? 'One architecture' : 'Different architectures'} ·{' '}
      {vocabularies && (shared.vocabulary ? 'one vocabulary · ' : `${formatCount(shared.tokens)} tokens in common · `)}
      {different.length === 0
        ? 'the same sizes'
        : different.map(({ name, a, b }) => `${name} ${String(a)} and ${String(b)}`).join(', ')}
    </p>
  );
}

function Missing({ models }: { models: readonly ModelInfo[] }) {
  return (
    <Empty>
      {models.map(({ id }) => id).join(' and ')} {models.length === 1 ? 'has' : 'have'} no atlas open. Build it with{' '}
      <code>weightscope atlas build</code> and open its folder.
    </Empty>
  );
}

interface DiffsProps<Row> {
  rows: readonly Row[];
  a: ModelInfo;
  b: ModelInfo;
  among: number;
}

const words = (labels: readonly string[]) => (
  <span className="token words">
    {labels.map((label, at) => (
      <span key={at}>
        <TokenText label={label} />
      </span>
    ))}
  </span>
);

const shared = <Row extends { shared: number }>(among: number): Column<Row> => ({
  id: 'shared',
  header: 'shared',
  title: `Of the first ${among}, how many both have`,
  value: (row) => row.shared,
  numeric: true,
  width: '52px',
});

function NeuronDiffs({ rows, a, b, among }: DiffsProps<NeuronDiff>) {
  const columns: Column<NeuronDiff>[] = [
    {
      id: 'neuron',
      header: 'neuron',
      value: ({ layer, neuron }) => `${layer}:${neuron}`,
      cell: ({ layer, neuron }) => (
        <Link className="mono" to="/m/$model/neuron/$layer/$neuron" params={{ model: b.id, layer, neuron }}>
          {`${layer}:${neuron}`}
        </Link>
      ),
      width: '72px',
    },
    { id: 'part', header: 'part', value: ({ part }) => part, width: '44px' },
    shared(among),
    { id: 'lost', header: `only in ${a.id}`, value: ({ lost }) => lost.join(' '), cell: ({ lost }) => words(lost) },
    {
      id: 'gained',
      header: `only in ${b.id}`,
      value: ({ gained }) => gained.join(' '),
      cell: ({ gained }) => words(gained),
    },
  ];
  return (
    <DataTable
      label="Neurons that differ most"
      name={`${a.id}-${b.id}-neurons`}
      columns={columns}
      rows={rows}
      rowKey={({ layer, expert, neuron, part }) => `${layer}:${expert}:${neuron}:${part}`}
    />
  );
}

const pairText = (pairs: readonly [string, string][]): string[] => pairs.map(([first, second]) => `${first}→${second}`);

function HeadDiffs({ rows, a, b, among }: DiffsProps<HeadDiff>) {
  const columns: Column<HeadDiff>[] = [
    {
      id: 'head',
      header: 'head',
      value: ({ layer, head }) => `${layer}:${head}`,
      cell: ({ layer, head, matrix }) => (
        <Link
          className="mono"
          to="/m/$model/head/$layer/$head"
          params={{ model: b.id, layer, head }}
          search={matrix === 'vo' ? { matrix } : {}}
        >
          {`${layer}:${head}`}
        </Link>
      ),
      width: '52px',
    },
    { id: 'matrix', header: 'matrix', value: ({ matrix }) => matrix, width: '48px' },
    shared(among),
    {
      id: 'lost',
      header: `only in ${a.id}`,
      value: ({ lost }) => pairText(lost).join(' '),
      cell: ({ lost }) => words(pairText(lost)),
    },
    {
      id: 'gained',
      header: `only in ${b.id}`,
      value: ({ gained }) => pairText(gained).join(' '),
      cell: ({ gained }) => words(pairText(gained)),
    },
  ];
  return (
    <DataTable
      label="Heads that differ most"
      name={`${a.id}-${b.id}-heads`}
      columns={columns}
      rows={rows}
      rowKey={({ layer, head, matrix }) => `${layer}:${head}:${matrix}`}
    />
  );
}

const COMMANDS = [
  ['weightscope atlas build A -o A-atlas', 'reads every neuron and head of a model once, which this page compares'],
  ['weightscope diff A B', 'what training changed, of a model and what it was tuned from: parameters, neurons, heads'],
  ['weightscope align A B', 'which layers of two models say the same, over the tokens that both know'],
  ['weightscope kinship A B', 'whether two models stem from one another'],
] as const;

/** What compares two models without a page. */
function OnTheCommandLine() {
  return (
    <section>
      <h2>In a terminal</h2>
      <dl>
        {COMMANDS.map(([command, what]) => (
          <div key={command}>
            <dt>
              <code>{command}</code>
            </dt>
            <dd className="soft">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
