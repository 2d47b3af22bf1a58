import type { Command } from 'commander';
import { Option } from 'commander';
import type { HeadMatrix } from '../../reading/types.ts';
import {
  addFilterOptions,
  addOutputOptions,
  addReadOptions,
  amount,
  type FilterFlags,
  listOption,
  type OutputFlags,
  pairs,
  type ReadFlags,
  real,
  wholeNumber,
} from '../options.ts';

interface Flags extends OutputFlags, ReadFlags, FilterFlags {
  matrix?: HeadMatrix[];
  k: number;
  above?: number;
  aboveRank?: number;
  below?: number;
  count?: boolean;
  excludeSame?: boolean;
  excludeFuzzy?: boolean;
  sort?: HeadMatrix;
  ascending?: boolean;
  other?: boolean;
  perFirst?: number;
  perSecond?: number;
}

export function addHead(program: Command): void {
  const command = program
    .command('head')
    .summary('an attention head as pairs of words')
    .description(
      'Reads one attention head as token pairs. VO: when the head attends to the first token, it writes the second.\n' +
        'QK: a query at the first token attends to a key at the second.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .argument('<layer>', 'counted from 0', wholeNumber)
    .argument('<head>', 'counted from 0', wholeNumber)
    .addOption(listOption('--matrix <which>', 'which, or both with a comma (default: both)', ['vo', 'qk']))
    .option('-k <n>', 'how many pairs to list', pairs, 100)
    .option('--above <score>', 'only pairs with a higher score', real)
    .option('--above-rank <n>', 'only pairs above the score of the nth best', amount)
    .option('--below <score>', 'only pairs with a lower score', real)
    .addOption(new Option('--count', 'only the exact number of pairs').conflicts('sort'))
    .option('--exclude-same', 'leave out pairs of a word with itself')
    .option('--exclude-fuzzy', 'leave out pairs of similar words')
    .addOption(
      new Option('--sort <matrix>', "order by this matrix's scores (default: each by its own)").choices(['vo', 'qk']),
    )
    .option('--ascending', 'smallest first')
    .option('--other', "show each pair's score in the other matrix too")
    .option('--per-first <n>', 'at most so many pairs with one first token', amount)
    .option('--per-second <n>', 'at most so many pairs with one second token', amount);
  addReadOptions(command, 'freq');
  addFilterOptions(command);
  addOutputOptions(command);
  command.action(async (model: string, layer: number, head: number, flags: Flags) => {
    const { runReport, readOptions } = await import('../run.ts');
    const { headReport } = await import('../report/head.ts');
    await runReport(model, flags, async (context) => {
      const { readHead } = await import('../../node.ts');
      const {
        matrix,
        k,
        above,
        aboveRank,
        below,
        excludeSame,
        excludeFuzzy,
        sort,
        ascending,
        other,
        perFirst,
        perSecond,
      } = flags;
      const reading = await readHead(context.model, layer, head, {
        ...(await readOptions(flags, context)),
        matrices: matrix,
        k,
        above,
        aboveRank,
        below,
        countOnly: flags.count,
        excludeSame,
        excludeFuzzy,
        sort,
        ascending,
        other,
        limitPerFirst: perFirst,
        limitPerSecond: perSecond,
      });
      return headReport(reading, { countOnly: flags.count });
    });
  });
}
