import { diff as question } from '../../questions/diff.ts';
import { flag, type Said } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, model, output, readingEngine } from '../options.ts';

const { second, ...flags } = question.parameters;

export const diff = command({
  name: 'diff',
  summary: 'what differs between two models, in numbers and in words',
  description:
    'Compares two models: what their headers say, then every number, beside what rounding and chance give; then the neurons,\n' +
    'heads and directions that changed most as words. What is read is OTHER minus MODEL.',
  arguments: { ...model, second },
  flags: {
    ...flags,
    exitCode: flag('End with status 1 where anything differs'),
    ...readingEngine,
    adapter: changes.adapter,
    ...output(),
  },
  run: async ({ exitCode, ...asked }) => {
    const { optionsOf, runReport, withSecond } = await import('../run.ts');
    const { diffReport } = await import('../report/diff.ts');
    let same = true;
    await runReport(asked.model, { ...asked, adapter: undefined }, async (context) =>
      withSecond(asked.second, { ...context, adapter: asked.adapter }, async (other) => {
        const found = await question.call!(context.model, asked, await optionsOf(asked as Said, context), other);
        same = found.same;
        return diffReport(found);
      }),
    );
    if (exitCode && !same) process.exitCode = 1;
  },
});
