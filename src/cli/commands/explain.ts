import { termOf } from '../../guide/glossary.ts';
import { command } from '../definition.ts';
import { output, texts } from '../options.ts';

export const explain = command({
  name: 'explain',
  summary: 'a word of the field in one sentence',
  description:
    'Says in one plain sentence what a word means here: freq, key, QK … or a flag: only-alnum, -k. Without a word, all\n' +
    'words of the glossary.',
  arguments: { terms: texts('The word or flag, for example freq', { value: 'term...' }) },
  flags: output(),
  // A flag of another command is a word here: `explain --only-alnum`.
  unknownFlags: true,
  run: async ({ terms, ...asked }, program) => {
    const { glossaryReport } = await import('../report/glossary.ts');
    const { flagNames, flagReport, meaningsOf } = await import('../report/flags.ts');
    const { print } = await import('../output/print.ts');
    const name = terms.join(' ');
    const flags = name === '' ? [] : meaningsOf(name, program);
    const isFlag = flags.length > 0 && (name.startsWith('-') || termOf(name) === undefined);
    await print(isFlag ? flagReport(flags) : glossaryReport(name, flagNames(program)), asked);
  },
});
