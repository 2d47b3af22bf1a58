import { Link } from '@tanstack/react-router';
import type { ModelDiff, ModelInfo } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Section } from '../../components/section.tsx';
import { plural } from '../../format.ts';
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
      <DataTable
        label="Words that stayed, by layer"
        name={`${name}-by-layer`}
        columns={LAYERS}
        rows={layers}
        rowKey={({ layer, expert, part }) => `${layer}:${expert}:${part}`}
        visible={12}
      />
      {moved.length > 0 && (
        <>
          <h3>Neurons whose words moved most</h3>
          <DataTable
            label="Neurons whose words moved most"
            name={`${name}-moved`}
            columns={movedColumns(a)}
            rows={moved}
            rowKey={({ layer, expert, neuron, part }) => `${layer}:${expert}:${neuron}:${part}`}
          />
        </>
      )}
    </Section>
  );
}

const LAYERS: Column<Layer>[] = [
  { id: 'layer', header: 'layer', value: ({ layer }) => layer, numeric: true, width: '48px' },
  { id: 'part', header: 'part', value: ({ part }) => part, width: '52px' },
  { id: 'neurons', header: 'vectors', value: ({ neurons }) => neurons, numeric: true, width: '60px' },
  {
    id: 'stayed',
    header: 'stayed',
    title: 'Share of the first words that stayed',
    value: ({ steps }) => steps[0]!.kept,
    cell: ({ steps }) => formatShare(steps[0]!.kept),
    numeric: true,
    width: 'minmax(60px, 1fr)',
  },
];

const movedColumns = (a: ModelInfo): Column<Moved>[] => [
  {
    id: 'neuron',
    header: 'neuron',
    value: ({ layer, neuron }) => `${layer}:${neuron}`,
    cell: ({ layer, neuron }) => (
      <Link className="mono" to="/m/$model/neuron/$layer/$neuron" params={{ model: a.id, layer, neuron }}>
        {layer}:{neuron}
      </Link>
    ),
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
  { id: 'before', header: 'words before', value: ({ words }) => asText(words[0] ?? []) },
  { id: 'after', header: 'and after', value: ({ words }) => asText(words[1] ?? []) },
];
