import { diff as question } from '../../questions/diff.ts';
import { flag, type Said } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, model, output, page, readingEngine, texts } from '../options.ts';

const { second, ...flags } = question.parameters;

export const diff = command({
  name: 'diff',
  summary: 'what differs between two models, in numbers and in words',
  description:
    'Compares two models: what their headers say, then every number, beside what rounding and chance give; then the neurons,\n' +
    'heads and directions that changed most as words. What is read is OTHER minus MODEL. Of three and more, checkpoints of one\n' +
    'training run in their order, it says which neurons’ words moved when.',
  arguments: {
    ...model,
    second,
    more: texts('Further checkpoints of the same run, in order', { value: 'more...' }),
  },
  flags: {
    ...flags,
    exitCode: flag('End with status 1 where anything differs'),
    ...readingEngine,
    adapter: changes.adapter,
    ...page,
    ...output(),
  },
  run: async ({ exitCode, more = [], report: page, ...asked }) => {
    const { optionsOf, runReport, withSecond } = await import('../run.ts');
    const { diffReport } = await import('../report/diff.ts');
    let same = true;
    const one = { ...asked, adapter: undefined };
    if (more.length > 0) {
      const { seriesReport } = await import('../report/series.ts');
      const { runSeries } = await import('../series.ts');
      await runReport(
        asked.model,
        one,
        async (context) => {
          const options = { ...(await optionsOf(asked as Said, context)), neurons: asked.words, list: asked.neurons };
          const found = await runSeries([asked.second, ...more], { ...context, adapter: asked.adapter }, options);
          same = found.steps.every(({ overall }) => overall.verdict === 'same');
          return seriesReport(found);
        },
        { page },
      );
    } else
      await runReport(
        asked.model,
        one,
        async (context) =>
          withSecond(asked.second, { ...context, adapter: asked.adapter }, async (other) => {
            const found = await question.call!(context.model, asked, await optionsOf(asked as Said, context), other);
            same = found.same;
            return diffReport(found);
          }),
        { page },
      );
    if (exitCode && !same) process.exitCode = 1;
  },
});
