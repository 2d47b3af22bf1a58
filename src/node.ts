/** The Node door: everything of the browser's, with models from files and the hub, and a cache between runs. */
import { runWorker as takeUnits, type WorkerOptions } from './atlas/queue/worker.node.ts';
import { type MergeOptions, type MergeResult, writeMerged } from './compare/adapter/merge.node.ts';
import { folderOf, type NodeOpenOptions, openAdapter, openModel, openPlain } from './open.node.ts';
import { checkNewFolder } from './source/whole-file.node.ts';

export * from './atlas/atlas.node.ts';
export type { AtlasBuild, BuildOptions } from './atlas/build.ts';
export type { AtlasOptions } from './atlas/plan.ts';
export type { QueuedBuildOptions } from './atlas/queue/build.node.ts';
export { buildQueuedAtlas } from './atlas/queue/build.node.ts';
export type { Manifest } from './atlas/schema.ts';
export { memoryStore, type Store } from './atlas/store.ts';
export type { MergeOptions, MergeResult } from './compare/adapter/merge.node.ts';
export * from './index.ts';
export { locationOf, type NodeOpenOptions, openAdapter, openModel } from './open.node.ts';
export { fileCache, userCacheDir } from './source/cache.node.ts';
export { fileFolder, fileSource } from './source/file.node.ts';
export { type HubOptions, hubFolder } from './source/hub.node.ts';

/**
 * Merges an adapter into its base and writes the checkpoint as a new folder: what `openModel` with `adapter` reads, on
 * disk, in the base's names and types, verified. `base` and `adapter` are what {@link openModel} and {@link
 * openAdapter} take. Throws what these throw and what {@link writeMerged} throws; then nothing is written.
 */
export async function mergeAdapter(
  base: string,
  adapter: string,
  folder: string,
  options: NodeOpenOptions & MergeOptions = {},
): Promise<MergeResult> {
  await checkNewFolder(folder);
  const { shardBytes, signal, progress } = options;
  const model = await openPlain(base, options);
  try {
    const opened = await openAdapter(adapter, options);
    try {
      return await writeMerged(model, opened, await folderOf(base, options), folder, { shardBytes, signal, progress });
    } finally {
      await opened.close();
    }
  } finally {
    await model.close();
  }
}

/** {@link takeUnits}: a worker of {@link buildQueuedAtlas}, which reads what its units need and no more. */
export const runWorker = (options: Omit<WorkerOptions, 'openModel'>): Promise<number> =>
  takeUnits({ ...options, openModel: (location) => openModel(location, { ranges: true, signal: options.signal }) });
