import type { readHead } from '../../reading/heads.ts';
import type { readNeuron } from '../../reading/neurons.ts';
import type { HeadReading, NeuronReading } from '../../reading/types.ts';
import type { Report } from '../output/report.ts';
import type { Context } from '../run.ts';
import { headGroups } from './head.ts';
import { neuronGroups } from './neuron.ts';
import { thousands } from './reading.ts';

const NEURON = { layer: 4, index: 100, k: 12, bottom: 4 };
const NEURON_TEXT =
  'Key and up are what it reads, value is what it writes: royalty at the lower end of up, royalty in value.';
const HEADS = [
  { layer: 1, head: 5, matrices: ['qk'], text: 'Its QK attends from a comparison to what completes it.' },
  {
    layer: 5,
    head: 7,
    matrices: ['vo', 'qk'],
    text: 'Its VO writes what goes with a word: size, smaller; weight, light.',
  },
] as const;
const PAIRS = { shown: 8, counted: 100, words: 6 };

const NEXT = [
  ['Everything as a page in the browser:', 'explore sample'],
  ['A hundred pairs, none of similar words:', 'head sample 5 7 --matrix vo --exclude-fuzzy'],
  ['Arithmetic on any vectors:', `vector sample 'tok:" king" - tok:" man" + tok:" woman"' --normalize cosine -k 10`],
];

/** How the person started this: from a clone the program is not on the PATH. */
const prefix = (env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'start' ? 'npx weightscope' : 'weightscope';

/** The first screen: the notebook's tables on the built-in model. */
export async function tourReport(
  { model, engine, signal, progress }: Context,
  neuronReader: typeof readNeuron,
  headReader: typeof readHead,
): Promise<Report> {
  const options = { engine, signal, progress };
  const neuron = await neuronReader(model, NEURON.layer, NEURON.index, {
    ...options,
    k: NEURON.k,
    bottom: NEURON.bottom,
  });
  const heads: HeadReading[] = [];
  for (const { layer, head, matrices } of HEADS) {
    heads.push(await headReader(model, layer, head, { ...options, matrices, k: PAIRS.counted, excludeFuzzy: true }));
  }
  return {
    title: 'weightscope reads weights as words',
    applied: [],
    groups: [
      { text: opening(neuron, model.dimensions.vocab), blocks: [] },
      { title: `Neuron ${NEURON.layer}:${NEURON.index}`, text: NEURON_TEXT, blocks: [] },
      ...neuronGroups(neuron),
      ...heads.map((reading, i) => ({
        ...headGroups(reading, { counterWords: PAIRS.words, shown: PAIRS.shown })[0],
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
