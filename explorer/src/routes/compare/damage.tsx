import type { ModelDiff, ModelInfo } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { Section } from '../../components/section.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { plural } from '../../format.ts';
import { neuronText } from '../../state/neuron-at.ts';
import { asText, formatShare } from './use-diff.ts';

type History = NonNullable<ModelDiff['words']>;
type Layer = History['layers'][number];
type Moved = History['moved'][number];

interface DamageProps {
  words: History;
  a: ModelInfo;
  b: ModelInfo;
}

/** What became of neurons' first words in a quantised copy: by layer and part, then the neurons that lost most. */
export function Damage({ words: { k, types, layers, moved }, a, b }: DamageProps) {
  const name = `${a.id}-${b.id}-words`;
  const rows = rowsOf(layers);
  const [{ neurons: each } = { neurons: 0 }] = layers;
  return (
    <Section title="What became of the neurons’ words" hint={`the first ${k} of each, read with its own model`}>
      <ul className="plain">
        {types.map(({ types: stored, neurons, steps: [step] }) => (
          <li key={stored.join()}>
            {stored.join(' → ')}: of {plural(neurons, 'vector')} {formatShare(step!.first / neurons)} have another first
            word, {formatShare(step!.changed / neurons)} other words among them; {formatShare(step!.kept)} of the words
            stayed
          </li>
        ))}
      </ul>
      <p className="compare-facts soft">
        The share that stayed by layer and part, of {plural(each, 'vector')} each; bars: the share that went.
      </p>
      <DataTable
        label="Words that stayed, by layer"
        name={`${name}-by-layer`}
        columns={layerColumns(rows)}
        rows={rows}
        rowKey={({ layer, expert }) => `${layer}:${expert}`}
        visible={12}
      />
      {moved.length > 0 && (
        <>
          <h3>Neurons whose words moved most</h3>
          <p className="compare-facts soft">Coloured: words that went, and words that came.</p>
          <DataTable
            label="Neurons whose words moved most"
            name={`${name}-moved`}
            columns={movedColumns(a, b)}
            rows={moved}
            rowKey={({ layer, expert, neuron, part }) => `${layer}:${expert}:${neuron}:${part}`}
          />
        </>
      )}
    </Section>
  );
}

/** One layer's vectors, or one expert's of it, by part. */
interface LayerRow {
  layer: number;
  expert?: number | undefined;
  /** Share of the first words that stayed. */
  stayed: ReadonlyMap<string, number>;
}

function rowsOf(layers: readonly Layer[]): LayerRow[] {
  const rows = new Map<string, LayerRow & { stayed: Map<string, number> }>();
  for (const { layer, expert, part, steps } of layers) {
    const key = `${layer}:${expert}`;
    const row = rows.get(key) ?? { layer, expert, stayed: new Map<string, number>() };
    row.stayed.set(part, steps[0]!.kept);
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** Of every part the share that stayed, and a bar for the share that went, the longest for the largest of all. */
function layerColumns(rows: readonly LayerRow[]): Column<LayerRow>[] {
  const most = Math.max(...rows.flatMap(({ stayed }) => [...stayed.values()].map((kept) => 1 - kept))) || 1;
  const parts = ['key', 'up', 'value'].filter((part) => rows.some(({ stayed }) => stayed.has(part)));
  return [
    {
      id: 'layer',
      header: 'layer',
      value: ({ layer, expert }) => (expert === undefined ? layer : `${layer}:${expert}`),
      numeric: true,
      width: '48px',
    },
    ...parts.flatMap((part): Column<LayerRow>[] => [
      {
        id: part,
        header: part,
        title: `Share of the first words of ${part} vectors that stayed; the bar: that went`,
        value: ({ stayed }) => stayed.get(part),
        cell: ({ stayed }) => formatShare(stayed.get(part)),
        numeric: true,
        width: '58px',
      },
      {
        id: `${part}-went`,
        header: '',
        value: () => undefined,
        cell: ({ stayed }) => (
          <span className="size-bar">
            <i className="changed" style={{ width: `${(100 * (1 - (stayed.get(part) ?? 1))) / most}%` }} />
          </span>
        ),
        width: 'minmax(0, 120px)',
      },
    ]),
  ];
}

const movedColumns = (a: ModelInfo, b: ModelInfo): Column<Moved>[] => [
  {
    id: 'neuron',
    header: 'neuron',
    value: neuronText,
    cell: (at) => <NeuronLink model={a.id} at={at} />,
    width: '72px',
  },
  { id: 'part', header: 'part', value: ({ part }) => part, width: '44px' },
  {
    id: 'stayed',
    header: 'stayed',
    value: ({ kept }) => kept[0],
    cell: ({ kept }) => formatShare(kept[0]),
    numeric: true,
    width: '56px',
  },
  {
    id: 'before',
    header: 'words before',
    title: 'Coloured: those that went',
    value: ({ words }) => asText(words[0] ?? []),
    cell: ({ words }) => <Compared tokens={words[0]} others={words[1]} model={a.id} tone="opposite" />,
  },
  {
    id: 'after',
    header: 'and after',
    title: 'Coloured: those that came',
    value: ({ words }) => asText(words[1] ?? []),
    cell: ({ words }) => <Compared tokens={words[1]} others={words[0]} model={b.id} tone="write" />,
  },
];

interface ComparedProps {
  tokens: Moved['words'][number] | undefined;
  others: Moved['words'][number] | undefined;
  model: string;
  tone: string;
}

/** Words of one list, those that the other has not coloured. */
function Compared({ tokens = [], others = [], model, tone }: ComparedProps) {
  const there = new Set(others.map(({ id }) => id));
  return (
    <span className="words" title={asText(tokens)}>
      {tokens.map((token) => (
        <span key={token.id} className={there.has(token.id) ? '' : tone}>
          <TokenLabel token={token} model={model} />
        </span>
      ))}
    </span>
  );
}
