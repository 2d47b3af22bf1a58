/**
 * Bytes done and in all, over all files asked for so far, and the file that moved. `done` and `total` never fall;
 * `total` grows when another file is asked for (the shards of one set count from the first). Resumed bytes count as
 * done.
 */
export type HubProgressCallback = (done: number, total: number, file: string) => void;

/** Adds the progress of several files, possibly at once, into one that never runs backwards. */
export class HubProgress {
  readonly #files = new Map<string, { done: number; total: number }>();
  readonly #callback: HubProgressCallback | undefined;
  #done = 0;
  #total = 0;

  constructor(callback: HubProgressCallback | undefined) {
    this.#callback = callback;
  }

  /** Counts a file that will be fetched. */
  expect(name: string, total: number): void {
    this.#set(name, 0, total);
  }

  report(name: string, done: number, total = 0): void {
    this.#set(name, done, total);
    this.#callback?.(this.#done, this.#total, name);
  }

  /** Counts as done what was expected but came from elsewhere: another process, another revision's blob. */
  finish(name: string): void {
    const file = this.#files.get(name);
    if (file && file.done < file.total) this.report(name, file.total);
  }

  #set(name: string, done: number, total: number): void {
    const file = this.#files.get(name) ?? { done: 0, total: 0 };
    const next = { done: Math.max(file.done, done), total: Math.max(file.total, total, done) };
    this.#done += next.done - file.done;
    this.#total += next.total - file.total;
    this.#files.set(name, next);
  }
}
