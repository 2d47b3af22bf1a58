import { type Command, Option } from 'commander';
import type { HeadMatrix } from '../../reading/types.ts';
import { addOutputOptions, addReadOptions, amount, type OutputFlags, type ReadFlags, ranges } from '../options.ts';

interface Flags extends OutputFlags, ReadFlags {
  layers?: number[];
  matrix: HeadMatrix;
  among: number;
  suppressed?: boolean;
  k: number;
}

export function addRelations(program: Command): void {
  const command = program
    .command('relations')
    .summary('which heads turn countries into capitals, or any words into others')
    .description(
      'Scores every head by the share of word pairs whose second word is among the first word’s best (MAPS, Elhelo and Geva 2025),\n' +
        'beside what random heads and shuffled pairs give. Without a file: the pairs that ship with weightscope, capitals, plurals,\n' +
        'past tense, opposites, first letter. A file is JSON: {"capitals": [["France", "Paris"], …], …}.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .argument('[file]', 'relations as JSON')
    .option('--layers <ranges>', 'only the heads of these layers, such as 0,2-3', ranges)
    .addOption(new Option('--matrix <matrix>', 'whose best tokens').choices(['vo', 'qk']).default('vo'))
    .option('--among <n>', 'a pair counts when its second word is among so many best tokens', amount, 10)
    .option('--suppressed', 'order by the share among the worst tokens instead')
    .option('-k <n>', 'how many heads per relation', amount, 5);
  addReadOptions(command, 'none');
  addOutputOptions(command);
  command.action(async (name: string, file: string | undefined, flags: Flags) => {
    const { readOptions, runReport } = await import('../run.ts');
    const { readRelations, relationsReport } = await import('../report/relations.ts');
    const relations = await readRelations(file);
    await runReport(name, flags, async (context) => {
      const { rankRelations } = await import('../../node.ts');
      const { layers, matrix, among, suppressed } = flags;
      const options = { ...(await readOptions(flags, context)), layers, matrix, k: among, suppressed };
      return relationsReport(await rankRelations(context.model, relations, options), flags);
    });
  });
}
