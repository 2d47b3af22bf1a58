import { Atlas } from './atlas.ts';
import type { DatabaseOptions } from './database.ts';
import type { AtlasDiff, DiffOptions } from './diff.ts';
import { openFolder } from './folder.node.ts';

/**
 * Opens a finished atlas for questions; with `unfinished` also one that is being built, once its neurons can be
 * searched: then `manifest.state` is `building`, and it answers as an atlas of neurons alone. Close it after use.
 * Throws `SOURCE_NOT_FOUND`, `ATLAS_INVALID`, `ATLAS_NEWER`.
 */
export async function openAtlas(
  path: string,
  { unfinished, ...options }: DatabaseOptions & { unfinished?: boolean } = {},
): Promise<Atlas> {
  return Atlas.of(await openFolder(path, { unfinished }), options);
}

/**
 * Two atlases of one architecture, say of a model before and after training: by how many of their first `among` tokens
 * (pairs) the same neuron (head) has in both, tokens compared by their text. Throws `ATLAS_MISMATCH` where there is
 * nothing to compare.
 */
export async function diffAtlases(a: string, b: string, options: DiffOptions = {}): Promise<AtlasDiff> {
  const [one, two] = [await openAtlas(a), await openAtlas(b)];
  return one.diff(two, options);
}
