import { throwIfAborted, WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';

/**
 * Results kept as long as their model: made once, shared by concurrent readers, forgotten when making them failed.
 * A reader whose own signal has not fired starts anew when the one that was making the result was cancelled.
 */
export class Kept<T> {
  readonly #models = new WeakMap<Model, Map<string, Promise<T>>>();
  readonly #done = new WeakMap<Model, Map<string, T>>();

  async get(model: Model, key: string, signal: AbortSignal | undefined, make: () => Promise<T>): Promise<T> {
    const results = this.#resultsOf(model);
    for (;;) {
      throwIfAborted(signal);
      const pending = results.get(key);
      if (!pending) {
        const made = make();
        results.set(key, made);
        made.then(
          (result) => this.#keep(model, key, result),
          () => results.delete(key),
        );
        return made;
      }
      try {
        return await pending;
      } catch (error) {
        if (!(error instanceof WeightscopeError && error.code === 'ABORTED')) throw error;
      }
    }
  }

  /** The result where it is there, not where it is on its way. */
  done(model: Model, key: string): T | undefined {
    return this.#done.get(model)?.get(key);
  }

  #keep(model: Model, key: string, result: T): void {
    const known = this.#done.get(model) ?? new Map<string, T>();
    this.#done.set(model, known.set(key, result));
  }

  /** The result where it is there or on its way, else undefined. */
  async peek(model: Model, key: string): Promise<T | undefined> {
    const pending = this.#resultsOf(model).get(key);
    return pending?.catch(() => undefined);
  }

  #resultsOf(model: Model): Map<string, Promise<T>> {
    const known = this.#models.get(model);
    if (known) return known;
    const made = new Map<string, Promise<T>>();
    this.#models.set(model, made);
    return made;
  }
}
