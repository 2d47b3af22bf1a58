import { MATRICES } from '../../questions/options.ts';
import { as, choice, flag, READING, reading, whole, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { layers, model, output, readingEngine } from '../options.ts';

export const relations = command({
  name: 'relations',
  summary: 'which heads turn countries into capitals, or any words into others',
  description:
    'Scores every head by the share of word pairs whose second word is among the first word’s best (MAPS, Elhelo and Geva 2025),\n' +
    'beside what random heads and shuffled pairs give. Without a file: the pairs that ship with weightscope, capitals, plurals,\n' +
    'past tense, opposites, first letter. A file is JSON: {"capitals": [["France", "Paris"], …], …}.',
  arguments: { ...model, file: words('Relations as JSON') },
  flags: {
    ...layers('Only the heads of these layers, such as 0,2-3'),
    matrix: choice('Whose best tokens', MATRICES, { default: 'vo', more: '`vo` is what the head writes' }),
    among: whole('A pair counts when its second word is among so many best tokens', { default: 10 }),
    suppressed: flag('Order by the share among the worst tokens instead'),
    k: whole('How many heads per relation', { default: 5 }),
    ...reading,
    normalize: as(reading.normalize, { cli: { value: 'how', group: READING, default: 'none' } }),
    ...readingEngine,
    ...output(),
  },
  run: async (asked) => {
    const { optionsOf, runReport } = await import('../run.ts');
    const { readRelations, relationsReport } = await import('../report/relations.ts');
    const relations = await readRelations(asked.file);
    await runReport(asked.model, asked, async (context) => {
      const { rankRelations } = await import('../../node.ts');
      const { layers, matrix, among, suppressed } = asked;
      const options = { ...(await optionsOf(asked, context)), layers, matrix, k: among, suppressed };
      return relationsReport(await rankRelations(context.model, relations, options), asked);
    });
  },
});
