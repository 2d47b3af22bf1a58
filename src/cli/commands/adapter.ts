import { diff } from '../../questions/diff.ts';
import { flag, type Said, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { model, output, page, readingEngine } from '../options.ts';
import type { Context } from '../run.ts';

const { second: _, ...flags } = diff.parameters;

export const adapter = command({
  name: 'adapter',
  summary: 'what an adapter does to its base, before it is trusted',
  description:
    'Says of a PEFT adapter whether every module of it fits this base, what its matrices are multiplied by and which are 0,\n' +
    'then what it changes: sizes beside rounding and chance, and what changed most as words. With --merge it is put into\n' +
    'the base’s weights and written as a checkpoint of its own.',
  arguments: {
    ...model,
    adapter: words('A PEFT adapter: a folder, a file, a URL or a hub id', { required: true }),
  },
  flags: {
    ...flags,
    merge: flag('Write the merged checkpoint as a new folder, named by -o, in place of the report', {
      cli: { conflicts: [...Object.keys(flags), 'exitCode', 'report'] },
    }),
    exitCode: flag('End with status 1 where it does not fit, or does nothing'),
    ...readingEngine,
    ...page,
    ...output('Write the result to FILE, in the format its name says, or with --merge the checkpoint to a folder'),
  },
  run: async ({ adapter: location, exitCode, merge, report: page, ...asked }) => {
    if (merge) {
      const { runMerge } = await import('../merge.ts');
      return runMerge(asked.model, location, asked);
    }
    const { optionsOf, runReport } = await import('../run.ts');
    const { adapterReport } = await import('../report/adapter.ts');
    let useful = true;
    const read = async (context: Context) => {
      const { openAdapter } = await import('../../open.node.ts');
      const { readAdapter } = await import('../../compare/adapter/read.ts');
      const { signal, progress } = context;
      const opened = await openAdapter(location, { signal, progress });
      try {
        const { k, neurons, heads, words, intruders } = asked;
        const said = { k, neurons, heads, words, ...(intruders && { intruders }) };
        const options = { ...(await optionsOf(asked as Said, context)), ...said };
        const found = await readAdapter(context.model, opened, options);
        useful = found.fits && !found.doesNothing;
        return adapterReport(found);
      } finally {
        await opened.close();
      }
    };
    await runReport(asked.model, asked, read, { page });
    if (exitCode && !useful) process.exitCode = 1;
  },
});
