import { exclusions, listedPairs } from '../../questions/heads.ts';
import { as, filters, flag, reading, real, whole } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, gathered, headPlace, model, neuronPlace, output, readingEngine, written } from '../options.ts';

/** What chooses the tables and says how they are read; the notebook's own were made in one way. */
const chosen = {
  ff: written('A neuron; may be repeated', gathered(neuronPlace), {
    value: 'layer:index',
    usual: "one at the notebook's depth",
  }),
  head: written('A head; may be repeated', gathered(headPlace), {
    value: 'layer:head',
    usual: "one at the notebook's depth",
  }),
  k: whole('How many tokens per neuron', { default: 200 }),
  pairs: listedPairs,
  voAbove: real('Threshold of VO', {
    cli: { value: 'score', usual: 'the 1,000th score; 200 for gpt2-medium' },
  }),
  qkAbove: real('Threshold of QK', { cli: { value: 'score', usual: 'the 1,000th score; 20 for gpt2-medium' } }),
  ...exclusions,
};
const how = {
  ...reading,
  ...filters,
  compat: as(filters.compat, { sentence: "Repeat the notebook's quirks, in filters, order and labels" }),
};

export const notebook = command({
  name: 'notebook',
  summary: "the paper's notebook on any model",
  description:
    "The tables of the paper's notebook, for any model: keys and values of neurons side by side, VO and QK of heads as " +
    'token pairs with counts and counters. --check compares what the notebook printed for gpt2-medium.',
  arguments: model,
  flags: {
    ...chosen,
    check: flag("Compare with the notebook's own printed outputs (gpt2-medium)", {
      more: 'exit status 1 where something differs',
      cli: { conflicts: [...Object.keys(chosen), ...Object.keys(how)] },
    }),
    ...how,
    ...readingEngine,
    ...changes,
    ...output(),
  },
  run: async (asked) => {
    const { runReport, optionsOf } = await import('../run.ts');
    const { checkReport, notebookReport } = await import('../report/notebook.ts');
    if (asked.check) {
      const { WeightscopeError } = await import('../../errors.ts');
      let disagreeing = 0;
      await runReport(asked.model, asked, async (context) => {
        const { checkNotebook } = await import('../../reading/notebook-check.ts');
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
    await runReport(asked.model, asked, async (context) => {
      const { readNotebook } = await import('../../reading/notebook.ts');
      const { ff, head: heads, k, pairs, voAbove, qkAbove, excludeSame, excludeFuzzy, compat } = asked;
      const own = { ff, heads, k, pairs, voAbove, qkAbove, excludeSame, excludeFuzzy, compat };
      return notebookReport(await readNotebook(context.model, { ...(await optionsOf(asked, context)), ...own }));
    });
  },
});
