import { command } from '../definition.ts';
import { output, texts } from '../options.ts';

export const explain = command({
  name: 'explain',
  summary: 'a word of the field in one sentence',
  description: 'Says in one plain sentence what a word means here: freq, key, QK … Without a word, all of them.',
  arguments: { terms: texts('The word, for example freq', { value: 'term...' }) },
  flags: output(),
  run: async ({ terms, ...asked }) => {
    const { glossaryReport } = await import('../report/glossary.ts');
    const { print } = await import('../output/print.ts');
    await print(glossaryReport(terms.join(' ')), asked);
  },
});
