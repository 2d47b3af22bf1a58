import type { Model } from '../model/types.ts';
import { type BuildOptions, buildAtlas as buildInto } from './build.ts';
import type { Manifest } from './schema.ts';
import { folderStore, removeUnfinished } from './store.node.ts';
import type { Store } from './store.ts';

/** {@link buildInto} for a folder, which is made if need be, or any other store. */
export async function buildAtlas(model: Model, target: string | Store, options: BuildOptions = {}): Promise<Manifest> {
  if (typeof target !== 'string') return buildInto(model, target, options);
  const manifest = await buildInto(model, folderStore(target), options);
  removeUnfinished(target);
  return manifest;
}

export { Atlas, openAtlas } from './query/atlas.node.ts';
export { diffAtlases } from './query/diff.node.ts';
export { exportAtlas } from './query/export.node.ts';
export { folderStore, removeUnfinished } from './store.node.ts';
