// A worker process for tests: `weightscope worker` with a tiny model in memory and an engine that pauses when told to.
// Its argument is JSON (see Settings); it prints what the worker says, `paused` in the middle of a unit (a line on
// standard input lets it go on), and `ended N` or `refused CODE` at its end.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { runWorker } from '../../src/atlas/queue/worker.node.ts';
import type { Engine, RunOptions } from '../../src/engine/engine.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { throwIfAborted, type WeightscopeError } from '../../src/errors.ts';
import { tinyModel } from '../tiny-model.ts';

export interface Settings {
  queue: string;
  /** The model's sizes and seed. */
  model: Parameters<typeof tinyModel>[0];
  /** The engine call after which it pauses, counted from 1. */
  pauseAt?: number;
  /** Every engine call fails. */
  fails?: boolean;
  lock?: number;
}

const { model, pauseAt, fails, ...options }: Settings = JSON.parse(process.argv[2]);
const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
const say = (line: string) => writeFileSync(1, `${line}\n`);

let calls = 0;
async function called<T>(answer: Promise<T>, { signal }: RunOptions = {}): Promise<T> {
  if (fails) throw new Error('this machine is out of order');
  if (++calls === pauseAt) {
    say('paused');
    await Promise.race([once(process.stdin, 'data'), signal && once(signal as never, 'abort')]);
    throwIfAborted(signal);
  }
  return answer;
}

const inner = referenceEngine();
const engine: Engine = {
  ...inner,
  topRows: (x, e, run) => called(inner.topRows(x, e, run), run),
  topPairs: (a, b, run) => called(inner.topPairs(a, b, run), run),
  columnMeans: (x, e, run) => called(inner.columnMeans(x, e, run), run),
};

try {
  const units = await runWorker({
    // Longer than any unit keeps this thread busy: what is not renewed in that time is another worker's.
    lock: 4,
    ...options,
    engine,
    openModel: async () => tinyModel(model),
    signal: controller.signal,
    log: say,
  });
  say(`ended ${units}`);
} catch (error) {
  say(`refused ${(error as WeightscopeError).code}: ${(error as Error).message}`);
}
process.stdin.destroy();
