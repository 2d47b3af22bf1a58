import type { ModelSeries } from '../compare/series.ts';
import type { WordHistoryOptions } from '../compare/word-history.ts';
import type { Model } from '../model/types.ts';
import type { Context } from './run.ts';

/**
 * Opens the checkpoints after the first, compares all in their order, closes them. `adapter`: of each after the first.
 */
export async function runSeries(
  names: readonly string[],
  { model, signal, progress, adapter }: Context & { adapter?: string },
  options: WordHistoryOptions,
): Promise<ModelSeries> {
  const { diffSeries, openModel } = await import('../node.ts');
  const opened: Model[] = [];
  try {
    for (const name of names) opened.push(await openModel(name, { signal, progress, adapter }));
    return await diffSeries([model, ...opened], options);
  } finally {
    await Promise.allSettled(opened.map((one) => one.close()));
  }
}
