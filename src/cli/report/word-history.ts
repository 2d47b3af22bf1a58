import type { MovedNeuron, WordHistory, WordStep } from '../../compare/word-history.ts';
import { neuronText } from '../../reading/place.ts';
import type { Token } from '../../reading/types.ts';
import type { Block, Column, Group } from '../output/report.ts';
import { percent, plural } from './reading.ts';

/** What became of neurons' first words: by type and layer, then the neurons whose words moved most. */
export function wordHistoryGroups(found: WordHistory): Group[] {
  const { k, types, moved } = found;
  const steps = types[0].steps.length;
  const neurons = types.reduce((sum, one) => sum + one.neurons, 0);
  const groups: Group[] = [
    {
      title: steps === 1 ? 'What became of the neurons’ words' : 'What became of the neurons’ words, step by step',
      text:
        `The first ${k} words of ${plural(neurons, 'vector')} of neurons, each read with its own model: how many of the vectors have ` +
        'another first word, how many other words among them, and the share of the words that stayed.',
      blocks: [
        stepBlock(
          'stored as',
          types.map((one) => [one.types.join(' → '), one]),
        ),
        layerBlock(found),
      ],
    },
  ];
  if (moved.length > 0)
    groups.push({
      title: 'Neurons whose words moved most',
      blocks: [movedBlock(moved, steps)],
    });
  return groups;
}

type Counted = { neurons: number; steps: readonly WordStep[] };

const right = (name: string): Column => ({ name, shown: true, align: 'right' });

function stepBlock(name: string, rows: readonly (readonly [string, Counted])[]): Block {
  const several = rows[0][1].steps.length > 1;
  return {
    columns: [
      { name, shown: true, flexible: true },
      ...(several ? [right('step')] : []),
      { ...right('vectors'), faint: true },
      right('other first'),
      right('other words'),
      right('stayed'),
    ],
    rows: rows.flatMap(([label, { neurons, steps }]) =>
      steps.map(({ first, changed, kept }, i) => [
        label,
        ...(several ? [`${i + 1} → ${i + 2}`] : []),
        String(neurons),
        percent(first / neurons),
        percent(changed / neurons),
        percent(kept),
      ]),
    ),
  };
}

/** The share that stayed, a row for each layer and a column for each part and step. */
function layerBlock({ layers }: WordHistory): Block {
  const parts = [...new Set(layers.map(({ part }) => part))];
  const numbers = [...new Set(layers.map(({ layer }) => layer))];
  const steps = layers[0].steps.length;
  const columns = parts.flatMap((part) => Array.from({ length: steps }, (_, step) => ({ part, step })));
  const stayed = (layer: number, part: string, step: number): string => {
    const of = layers.filter((one) => one.layer === layer && one.part === part);
    const total = of.reduce((sum, { neurons }) => sum + neurons, 0);
    return total === 0
      ? ''
      : percent(of.reduce((sum, { neurons, steps: own }) => sum + neurons * own[step].kept, 0) / total);
  };
  return {
    columns: [
      { ...right('layer'), faint: true },
      ...columns.map(({ part, step }) => right(steps === 1 ? `${part} stayed` : `${part} ${step + 1} → ${step + 2}`)),
    ],
    rows: numbers.map((layer) => [String(layer), ...columns.map(({ part, step }) => stayed(layer, part, step))]),
  };
}

const words = (tokens: readonly Token[]): string => tokens.map(({ label }) => label).join(' ');

function movedBlock(moved: readonly MovedNeuron[], steps: number): Block {
  return {
    columns: [
      { name: 'neuron', shown: true },
      { name: 'part', shown: true, faint: true },
      ...(steps > 1 ? [right('when')] : []),
      right('stayed'),
      { name: 'words before', shown: true, flexible: true, wraps: true },
      { name: 'and after', shown: true, flexible: true, wraps: true },
    ],
    rows: moved.map(({ layer, expert, neuron, part, kept, when, words: lists }) => [
      neuronText({ layer, neuron, expert }),
      part,
      ...(steps > 1 ? [`${when + 1} → ${when + 2}`] : []),
      percent(kept[when]),
      words(lists[when]),
      words(lists[when + 1]),
    ]),
  };
}
