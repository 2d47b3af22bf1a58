import type { Command } from 'commander';
import { addOutputOptions, type OutputFlags } from '../options.ts';

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('a word of the field in one sentence')
    .description('Says in one plain sentence what a word means here: freq, key, QK … Without a word, all of them.')
    .argument('[term...]', 'the word, for example freq');
  addOutputOptions(command);
  command.action(async (words: string[], flags: OutputFlags) => {
    const { glossaryReport } = await import('../report/glossary.ts');
    const { print } = await import('../output/print.ts');
    await print(glossaryReport(words.join(' ')), flags);
  });
}
