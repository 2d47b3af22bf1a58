import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { changesOf } from './changes.ts';
import { type Overall, overallOf } from './diff.ts';
import { type WordHistory, type WordHistoryOptions, wordHistory } from './word-history.ts';

/** Checkpoints in their order, each beside the one before it. */
export interface ModelSeries {
  readonly models: readonly string[];
  readonly steps: readonly SeriesStep[];
  readonly words: WordHistory;
}

export interface SeriesStep {
  readonly a: string;
  readonly b: string;
  readonly overall: Overall;
  /** Of every kind of parameters, all layers together: the relative length of the change. */
  readonly kinds: readonly { readonly kind: string; readonly relative: number }[];
}

/**
 * Checkpoints of one training run, given in order: how far the numbers moved in every step, and which neurons' words
 * moved when. Every step reads two checkpoints, then the feed-forward layers are read as words. Throws
 * `ARGUMENT_INVALID` for fewer than two models, and as {@link wordHistory} does.
 */
export async function diffSeries(models: readonly Model[], options: WordHistoryOptions = {}): Promise<ModelSeries> {
  if (models.length < 2)
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected two models or more to compare, got ${models.length}.`);
  const { signal, progress } = options;
  const steps: SeriesStep[] = [];
  for (const [i, b] of models.slice(1).entries()) {
    const a = models[i];
    const share = (done: number, what: string) => progress?.((0.5 * (i + done)) / (models.length - 1), what);
    const parameters = await changesOf(a, b, { signal, progress: share });
    const kinds = [...new Set(parameters.map(({ kind }) => kind))].map((kind) => {
      const own = parameters.filter((one) => one.kind === kind);
      return { kind, relative: overallOf(own).relative };
    });
    steps.push({ a: a.name, b: b.name, overall: overallOf(parameters), kinds });
  }
  const words = await wordHistory(models, {
    ...options,
    progress: (done, what) => progress?.(0.5 + 0.5 * done, what),
  });
  return { models: models.map(({ name }) => name), steps, words };
}
