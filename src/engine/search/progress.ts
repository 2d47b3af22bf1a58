import type { RunOptions } from '../engine.ts';

/** Options whose `progress` never goes back, whatever parts of the work report. */
export const rising = <O extends RunOptions>(options: O): O => {
  const { progress } = options;
  if (!progress) return options;
  let reported = 0;
  return {
    ...options,
    progress: (done: number) => {
      if (done < reported) return;
      reported = done;
      progress(done);
    },
  };
};

/** Options for the part of the work that takes progress from `from` to `to`. */
export const within = ({ signal, progress }: RunOptions, from: number, to: number): RunOptions => ({
  signal,
  progress: progress && ((done) => progress(from + done * (to - from))),
});
