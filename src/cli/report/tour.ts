import type { readHead } from '../../reading/heads.ts';
import type { readNeuron } from '../../reading/neurons.ts';
import type { HeadReading, NeuronReading } from '../../reading/types.ts';
import type { Report } from '../output/report.ts';
import type { Context } from '../run.ts';
import { headGroups } from './head.ts';
import { neuronGroups } from './neuron.ts';
import { thousands } from './reading.ts';

const NEURON = { layer: 4, index: 100, k: 10 };
/** Counters are of the thousand best pairs. */
const HEADS = [
  { layer: 1, head: 5, text: 'Its QK attends from a comparison to what completes it.' },
  { layer: 5, head: 7, text: 'Its VO writes the word that goes on from a part, or its opposite.' },
];
const PAIRS = 6;
const SELECTION = 1000;

const NEXT = [
  ['Both ends of each ranking:', 'neuron sample 4 100 --bottom 10'],
  ['A hundred pairs, none of similar words:', 'head sample 5 7 --matrix vo --exclude-fuzzy'],
  ['Arithmetic on any vectors:', `vector sample 'tok:" king" - tok:" man" + tok:" woman"' --normalize cosine -k 10`],
];

/** How the person started this: from a clone the program is not on the PATH. */
const prefix = (env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'start' ? 'npm start --' : 'weightscope';

/** The first screen: the notebook's tables on the built-in model. */
export async function tourReport(
  { model, engine, signal, progress }: Context,
  neuronReader: typeof readNeuron,
  headReader: typeof readHead,
): Promise<Report> {
  const options = { engine, signal, progress };
  const neuron = await neuronReader(model, NEURON.layer, NEURON.index, { ...options, k: NEURON.k });
  const heads: HeadReading[] = [];
  for (const { layer, head } of HEADS) {
    heads.push(
      await headReader(model, layer, head, {
        ...options,
        k: PAIRS,
        aboveRank: SELECTION,
        excludeFuzzy: true,
        limitPerFirst: 2,
      }),
    );
  }
  return {
    title: 'weightscope reads weights as words',
    applied: [],
    groups: [
      { text: opening(neuron, model.dimensions.vocab), blocks: [] },
      {
        ...neuronGroups(neuron)[0],
        title: `Neuron ${NEURON.layer}:${NEURON.index}`,
        text: 'It fires on the words of its key and writes the words of its value.',
      },
      ...heads.map((reading, i) => ({
        ...headGroups(reading, { counterWords: 6 })[0],
        title: `Head ${reading.layer}:${reading.head}`,
        text: HEADS[i].text,
      })),
      {
        title: 'Next',
        blocks: [
          {
            columns: [{ name: 'command' }],
            rows: NEXT.flatMap(([what, command]) => [[what], [`  ${prefix(process.env)} ${command}`]]),
          },
        ],
      },
    ],
    notes: neuron.applied.notes,
    json: { neuron, heads },
    records: () => [neuron, ...heads],
  };
}

function opening({ model }: NeuronReading, tokens: number): string {
  return (
    `The model \`${model}\` is the last six layers of SmolLM2-135M-Instruct. Nothing is run: each vector of weights is compared ` +
    `with the embeddings of all ${thousands(tokens)} tokens, and the best are listed, scores divided by each token's mean (freq).`
  );
}
