import { type Command, Option } from 'commander';
import { addEngineOption, amount, type EngineFlags } from '../options.ts';

interface WorkerFlags extends EngineFlags {
  queue: string;
  concurrency: number;
  store?: string;
  model?: string;
  lock: number;
  idle?: number;
  quiet?: boolean;
}

/** `worker`: computes units of atlases that `atlas build --queue` puts on a queue. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .summary('compute for `atlas build --queue`')
    .description(
      'Takes units of atlases from a queue and computes them, until it is stopped: Ctrl-C gives back what it is at.\n' +
        'Needs `npm install bullmq ioredis`, and @aws-sdk/client-s3 for atlases in s3://. docs/scale.md says more.',
    )
    .addOption(
      new Option('--queue <url>', 'redis://host:6379, as given to the build')
        .env('WEIGHTSCOPE_QUEUE')
        .makeOptionMandatory(),
    )
    .option('--concurrency <n>', 'units at the same time; one uses all cores already', amount, 1)
    .option('--store <place>', "where the atlas's folder is here, if the build calls it otherwise")
    .option('--model <place>', 'where the checkpoint is here, likewise')
    .option('--lock <seconds>', 'a worker that is silent for so long is taken for dead', amount, 30)
    .option('--idle <seconds>', 'end after so long without work (default: never)', amount)
    .option('--quiet', 'say nothing on standard error');
  addEngineOption(command);
  command.action(async ({ engine: name, quiet, ...flags }: WorkerFlags) => {
    const { openEngine, runWorker } = await import('../../node.ts');
    const { endGently, signal } = await import('../interrupt.ts');
    endGently();
    const engine = name === undefined ? undefined : await openEngine(name);
    const log = (line: string): void => void (quiet || process.stderr.write(`${line}\n`));
    try {
      await runWorker({ ...flags, engine, signal, log });
    } finally {
      await engine?.close();
    }
  });
}
