import { flag, whole, words } from '../../questions/parameters.ts';
import { printable } from '../../quote.ts';
import { command } from '../definition.ts';
import { engine } from '../options.ts';

/** Computes units of atlases that `atlas build --queue` puts on a queue. */
export const worker = command({
  name: 'worker',
  summary: 'compute for `atlas build --queue`',
  description:
    'Takes units of atlases from a queue and computes them, until it is stopped: Ctrl-C gives back what it is at.\n' +
    'Needs `npm install bullmq ioredis`, and @aws-sdk/client-s3 for atlases in s3://. docs/scale.md says more.',
  arguments: {},
  flags: {
    queue: words('redis://host:6379, as given to the build', {
      required: true,
      cli: { value: 'url', env: 'WEIGHTSCOPE_QUEUE' },
    }),
    concurrency: whole('Units at the same time; one uses all cores already', { default: 1 }),
    store: words("Where the atlas's folder is here, if the build calls it otherwise", { cli: { value: 'place' } }),
    model: words('Where the checkpoint is here, likewise', { cli: { value: 'place' } }),
    lock: whole('A worker that is silent for so long is taken for dead', {
      more: 'its unit is given to another',
      default: 30,
      cli: { value: 'seconds' },
    }),
    idle: whole('End after so long without work', { cli: { value: 'seconds', usual: 'never' } }),
    quiet: flag('Say nothing on standard error'),
    ...engine,
  },
  run: async ({ engine: name, quiet, ...asked }) => {
    const { openEngine, runWorker } = await import('../../node.ts');
    const { endGently, signal } = await import('../interrupt.ts');
    endGently();
    const engine = name === undefined ? undefined : await openEngine(name);
    const log = (line: string): void => void (quiet || process.stderr.write(`${printable(line)}\n`));
    try {
      await runWorker({ ...asked, engine, signal, log });
    } finally {
      await engine?.close();
    }
  },
});
