import { diff } from '../../questions/diff.ts';
import { flag, type Said, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { model, output, readingEngine } from '../options.ts';

const { second: _, ...flags } = diff.parameters;

export const adapter = command({
  name: 'adapter',
  summary: 'what an adapter does to its base, before it is trusted',
  description:
    'Says of a PEFT adapter whether every module of it fits this base, what its matrices are multiplied by and which are 0,\n' +
    'then what it changes: sizes beside rounding and chance, and what changed most as words.',
  arguments: {
    ...model,
    adapter: words('A PEFT adapter: a folder, a file, a URL or a hub id', { required: true }),
  },
  flags: {
    ...flags,
    exitCode: flag('End with status 1 where it does not fit, or does nothing'),
    ...readingEngine,
    ...output(),
  },
  run: async ({ adapter: location, exitCode, ...asked }) => {
    const { optionsOf, runReport } = await import('../run.ts');
    const { adapterReport } = await import('../report/adapter.ts');
    let useful = true;
    await runReport(asked.model, asked, async (context) => {
      const { openAdapter, readAdapter } = await import('../../node.ts');
      const { signal, progress } = context;
      const opened = await openAdapter(location, { signal, progress });
      try {
        const { k, neurons, heads } = asked;
        const options = { ...(await optionsOf(asked as Said, context)), k, neurons, heads };
        const found = await readAdapter(context.model, opened, options);
        useful = found.fits && !found.doesNothing;
        return adapterReport(found);
      } finally {
        await opened.close();
      }
    });
    if (exitCode && !useful) process.exitCode = 1;
  },
});
