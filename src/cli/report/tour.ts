import { DIFFERENT_WORDS, EXAMPLES, LESSON } from '../../guide/lesson.ts';
import type { readHead } from '../../reading/heads.ts';
import type { readNeuron } from '../../reading/neurons.ts';
import type { Group, Report } from '../output/report.ts';
import type { Context } from '../run.ts';
import { headGroups } from './head.ts';
import { neuronGroups } from './neuron.ts';
import { filtersInWords, pairsLine } from './reading.ts';

const NEURON = EXAMPLES[0];
const HEAD = EXAMPLES[2];
const SHOWN = { k: 5, bottom: 2, pairs: 4 };
/** Pieces of words and punctuation come later: a first look is at whole words. */
const FILTERS = { onlyAlnum: true };

const NEXT = [
  ['explore sample', 'everything as a page in the browser'],
  ['head sample 1 5', 'a head that looks from more to than'],
  ['explain freq', 'any word of the field in one sentence'],
];

/** How the person started this: from a clone the program is not on the PATH. */
const prefix = (env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'start' ? 'npx weightscope' : 'weightscope';

/** The first screen: the first lesson, with one neuron and one head of the built-in model; 40 lines of 80 columns. */
export async function tourReport(
  { model, engine, signal, progress }: Context,
  neuronReader: typeof readNeuron,
  headReader: typeof readHead,
): Promise<Report> {
  const options = { engine, signal, progress };
  const { k, bottom, pairs } = SHOWN;
  const neuron = await neuronReader(model, NEURON.layer, NEURON.index, {
    ...options,
    filters: FILTERS,
    parts: ['key', 'value'],
    k,
    bottom,
  });
  const matrices = [HEAD.matrix];
  const { onlyAlnum, ...different } = DIFFERENT_WORDS[HEAD.matrix];
  const head = await headReader(model, HEAD.layer, HEAD.index, {
    ...options,
    ...different,
    filters: { onlyAlnum },
    matrices,
    k: pairs,
  });
  const [best, worst] = neuronGroups(neuron);
  return {
    title: 'weightscope reads weights as words',
    applied: [],
    groups: [
      { text: `${LESSON.what} ${LESSON.how} ${LESSON.score} ${LESSON.freq}`, blocks: [] },
      { ...best, title: titleOf('Neuron', NEURON, filtersInWords(neuron.applied)), text: NEURON.see },
      worst,
      {
        ...withoutFooter(headGroups(head)[0]),
        title: titleOf('Head', HEAD, filtersInWords(head.applied), ...pairsLine(head.applied)),
        text: HEAD.see,
      },
      {
        title: 'Next',
        blocks: [
          {
            columns: [{ name: 'command' }, { name: 'what', faint: true }],
            rows: NEXT.map(([command, what]) => [`${prefix(process.env)} ${command}`, what]),
          },
        ],
      },
    ],
    notes: [],
    json: { neuron, head },
    records: () => [neuron, head],
  };
}

/** Where it is, and which words and pairs are listed: what is left out is no less than what is shown. */
const titleOf = (kind: string, { layer, index }: { layer: number; index: number }, ...applied: string[]): string =>
  [`${kind} ${layer}:${index}`, ...applied].join(' · ');

const withoutFooter = (group: Group): Group => ({
  ...group,
  blocks: group.blocks.map((block) => ({ ...block, footer: undefined })),
});
