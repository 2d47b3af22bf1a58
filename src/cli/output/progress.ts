import cliProgress from 'cli-progress';
import { printable } from '../../quote.ts';
import { time } from './time.ts';

/** A bar appears only when the work takes longer than this. */
const DELAY_MS = 300;
/** A log has its first line after this, and none within this of another. */
const LINE_MS = 4000;
/** So long a log says nothing at most. */
const SILENT_MS = 30_000;
/** Of the work, at which a log has a line before that. */
const STEP = 0.1;

export interface Progress {
  /** `done` is the finished part, 0 to 1, of the stage called `what`. */
  report(done: number, what: string): void;
  /** Removes the bar. */
  stop(): void;
}

/** A single line on standard error that is gone when the work is done. It never runs backwards within a stage. */
export function progressBar(stream: NodeJS.WriteStream): Progress {
  const began = performance.now();
  let bar: cliProgress.SingleBar | undefined;
  const look = watched(() => performance.now());
  return {
    report(done, stage) {
      const { furthest, said } = look(done, stage);
      if (!bar) {
        if (performance.now() - began < DELAY_MS) return;
        bar = new cliProgress.SingleBar({
          stream,
          format: '{bar} {percentage}%  {what}',
          barCompleteChar: '━',
          barIncompleteChar: '╌',
          barsize: 24,
          clearOnComplete: true,
          hideCursor: true,
          gracefulExit: false,
          fps: 10,
        });
        bar.start(1, furthest, { what: said });
      }
      bar.update(furthest, { what: said });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** Plain lines, few of them, where nothing can be drawn over: a file, a pipe, the log of a job. */
export function progressLog(
  stream: { write: (text: string) => unknown },
  now: () => number = () => performance.now(),
): Progress {
  const began = now();
  let last: { at: number; done: number } | undefined;
  const look = watched(now);
  return {
    report(done, stage) {
      const { furthest, said } = look(done, stage);
      // Of a stage that begins, a tenth is reached anew.
      if (last && furthest < last.done) last = { ...last, done: furthest };
      const silent = now() - (last?.at ?? began);
      if (silent < LINE_MS) return;
      // That a stage has begun is no news among short ones, as the lesson's, only where nothing was said for long.
      if (furthest < 0.01 && silent < SILENT_MS) return;
      // A tenth is not to be missed by a rounding, 0.3 - 0.2.
      if (last && silent < SILENT_MS && furthest - last.done < STEP - 1e-9) return;
      last = { at: now(), done: furthest };
      stream.write(`${Math.floor(100 * furthest)} %, ${printable(said)}\n`);
    },
    stop() {},
  };
}

/** How far a stage is, which never goes back, and what is said: its name and the time left, once that is known. */
function watched(now: () => number): (done: number, stage: string) => { furthest: number; said: string } {
  let stage: string | undefined;
  let furthest = 0;
  let began: { at: number; done: number } | undefined;
  return (done, name) => {
    // An atlas's units follow each other in one work; a stage that begins at less than was done is a work of its own.
    if (name !== stage && done < furthest) {
      began = undefined;
      furthest = 0;
    }
    stage = name;
    furthest = Math.max(furthest, done);
    began ??= { at: now(), done: furthest };
    const [elapsed, part] = [(now() - began.at) / 1000, furthest - began.done];
    const known = part > 0.005 && elapsed > 2;
    return { furthest, said: known ? `${name}, ${time(((1 - furthest) * elapsed) / part)} left` : name };
  };
}

export const noProgress: Progress = { report() {}, stop() {} };
