import { throwIfAborted } from '../errors.ts';
import type { RunOptions } from './engine.ts';

/** Milliseconds of work between two looks at the event loop: short enough for a page to stay alive. */
const SLICE = 40;

/** Called once per block of work: reports progress, throws `ABORTED`, and lets the event loop run now and then. */
export const pacer = ({ signal, progress }: RunOptions): ((done: number) => Promise<void>) => {
  let last = performance.now();
  let reported = 0;
  throwIfAborted(signal);
  return async (done) => {
    if (done < 1 && performance.now() - last < SLICE) return;
    reported = Math.max(reported, done);
    progress?.(reported);
    if (done < 1) await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(signal);
    last = performance.now();
  };
};
