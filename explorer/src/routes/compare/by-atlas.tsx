import { Link } from '@tanstack/react-router';
import { compare } from '../../api/queries.ts';
import type { Comparison, ModelInfo } from '../../api/types.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { Slider } from '../../components/slider.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { formatCount } from '../../format.ts';
import { neuronText } from '../../state/neuron-at.ts';
import { AMONG } from './search.ts';

type Diff = NonNullable<Comparison['diff']>;
type NeuronDiff = Diff['neurons'][number];
type HeadDiff = Diff['heads'][number];

const LISTED = 500;

interface ByAtlasProps {
  a: ModelInfo;
  b: ModelInfo;
  among: number;
  heads: boolean;
  onAmong: (among: number | undefined) => void;
}

/** What the lists of two atlases have different. */
export function ByAtlas({ onAmong, ...pair }: ByAtlasProps) {
  return (
    <>
      <Slider
        label="of the first"
        min={5}
        max={100}
        step={5}
        value={pair.among}
        onChange={(among) => onAmong(among === AMONG ? undefined : among)}
        format={String}
      />
      <Compared {...pair} />
    </>
  );
}

/** Of two readings of one checkpoint: what differs is then how it was read, not what the models say. */
export function OneCheckpoint({ a, b }: { a: ModelInfo; b: ModelInfo }) {
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

function Compared({ a, b, among, heads }: Omit<ByAtlasProps, 'onAmong'>) {
  const query = useLongQuery(compare, { query: { a: a.id, b: b.id, among, k: LISTED } }, { keep: true });
  return (
    <Answer query={query} what="Comparing the atlases">
      {({ shared, diff }) => (
        <>
          <Shared shared={shared} vocabularies={a.live && b.live} />
          {diff ? (
            <Stale when={query.isPlaceholderData}>
              <p className="page-line">
                {heads ? 'Heads' : 'Neurons'} that share the fewest of their first {among} {heads ? 'pairs' : 'tokens'},
                the fewest first.
              </p>
              {heads ? (
                <HeadDiffs rows={diff.heads} a={a} b={b} among={among} />
              ) : (
                <NeuronDiffs rows={diff.neurons} a={a} b={b} among={among} />
              )}
            </Stale>
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
      value: neuronText,
      cell: (at) => <NeuronLink model={b.id} at={at} />,
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
          search={{ matrix }}
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
