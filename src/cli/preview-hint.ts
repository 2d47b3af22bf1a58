/** A wait from which on a person would rather see something at once. */
const LONG_MS = 5000;
/** So long it takes to tell how long the rest will. */
const LOOK_MS = 1000;

/**
 * Watches how a pass over all layers goes, and says once, where it will take more than 5 s, that `--preview` does not.
 * Give it the progress of a reading.
 */
export function previewHint(
  say: (text: string) => void,
  now: () => number = () => performance.now(),
): (done: number, what: string) => void {
  let stage: { what: string; at: number; done: number } | undefined;
  let said = false;
  return (done, what) => {
    if (said || !what.startsWith('normaliser ')) return;
    if (stage?.what !== what) stage = { what, at: now(), done };
    const elapsed = now() - stage.at;
    if (elapsed < LOOK_MS || done <= stage.done) return;
    const whole = (elapsed * (1 - stage.done)) / (done - stage.done);
    if (whole < LONG_MS) return;
    said = true;
    const seconds = Math.round((whole - elapsed) / 1000);
    say(
      `freq needs a pass over all layers the first time: some ${seconds} s more for ${what}. ` +
        '--preview shows first words at once, from a sample, with ± beside them.',
    );
  };
}
