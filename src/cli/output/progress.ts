import cliProgress from 'cli-progress';

/** A bar appears only when the work takes longer than this. */
const DELAY = 300;

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
  let stage: string | undefined;
  let furthest = 0;
  return {
    report(done, what) {
      furthest = what === stage ? Math.max(furthest, done) : done;
      stage = what;
      if (!bar) {
        if (performance.now() - began < DELAY) return;
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
        bar.start(1, furthest, { what });
      }
      bar.update(furthest, { what });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

export const noProgress: Progress = { report() {}, stop() {} };
