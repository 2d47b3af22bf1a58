import type { Command } from 'commander';
import {
  addFilterOptions,
  addOutputOptions,
  addReadOptions,
  amount,
  type FilterFlags,
  type OutputFlags,
  pairs as pairCount,
  places,
  type ReadFlags,
  real,
} from '../options.ts';

interface Flags extends OutputFlags, ReadFlags, FilterFlags {
  ff?: [number, number][];
  head?: [number, number][];
  k: number;
  pairs: number;
  voAbove?: number;
  qkAbove?: number;
  excludeSame?: boolean;
  excludeFuzzy?: boolean;
  check?: boolean;
}

export function addNotebook(program: Command): void {
  const command = program
    .command('notebook')
    .summary("the paper's notebook on any model")
    .description(
      "The tables of the paper's notebook, for any model: keys and values of neurons side by side, VO and QK of heads as " +
        'token pairs with counts and counters. --check compares what the notebook printed for gpt2-medium.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .option('--ff <layer:index>', 'a neuron; may be repeated', places)
    .option('--head <layer:head>', 'a head; may be repeated', places)
    .option('-k <n>', 'how many tokens per neuron', amount, 200)
    .option('--pairs <n>', 'how many pairs to list', pairCount, 100)
    .option('--vo-above <score>', 'threshold of VO (default: the 1,000th score; 200 for gpt2-medium)', real)
    .option('--qk-above <score>', 'threshold of QK (default: the 1,000th score; 20 for gpt2-medium)', real)
    .option('--exclude-same', 'leave out pairs of a word with itself')
    .option('--exclude-fuzzy', 'leave out pairs of similar words')
    .option('--check', "compare with the notebook's own printed outputs (gpt2-medium)");
  addReadOptions(command, 'freq');
  addFilterOptions(command, "repeat the notebook's quirks, in filters, order and labels");
  addOutputOptions(command);
  command.action(async (model: string, flags: Flags) => {
    const { runReport, readOptions } = await import('../run.ts');
    const { checkReport, notebookReport } = await import('../report/notebook.ts');
    if (flags.check) {
      const { WeightscopeError } = await import('../../errors.ts');
      let disagreeing = 0;
      await runReport(model, flags, async (context) => {
        const { checkNotebook } = await import('../../node.ts');
        const { engine, signal, progress } = context;
        const checks = await checkNotebook(context.model, { engine, signal, progress });
        disagreeing = checks.filter(({ agrees }) => !agrees).length;
        return checkReport(context.model.name, checks);
      });
      if (disagreeing) {
        throw new WeightscopeError(
          'CHECK_FAILED',
          `Expected what the notebook printed, found ${disagreeing} that differ.`,
        );
      }
      return;
    }
    await runReport(model, flags, async (context) => {
      const { readNotebook } = await import('../../node.ts');
      const { ff, head: heads, k, pairs, voAbove, qkAbove, excludeSame, excludeFuzzy, compat } = flags;
      const own = { ff, heads, k, pairs, voAbove, qkAbove, excludeSame, excludeFuzzy, compat };
      return notebookReport(await readNotebook(context.model, { ...(await readOptions(flags, context)), ...own }));
    });
  });
}
