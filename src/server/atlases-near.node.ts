import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openAtlas } from '../atlas/atlas.node.ts';
import { checkpointHash } from '../atlas/hash.ts';
import type { Model } from '../model/types.ts';
import { isAtlas, keptAtlas } from './explore.node.ts';

/** Atlases looked into at most: a folder may hold anything. */
const LOOKED_AT = 100;

/** Folders directly in `folder`, and the one kept in the user's cache, that hold an atlas of this very checkpoint. */
export async function atlasesNear(
  model: Model,
  { folder = '.', signal }: { folder?: string; signal?: AbortSignal } = {},
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const found: string[] = [];
  let looked = 0;
  for (const place of [keptAtlas(model), ...folders.sort()]) {
    if (looked === LOOKED_AT) break;
    if (!(await isAtlas(place))) continue;
    looked++;
    // What is damaged or unfinished opens nothing.
    const atlas = await openAtlas(place).catch(() => undefined);
    if (!atlas) continue;
    const { checkpoint } = atlas.manifest;
    atlas.close();
    if ((await checkpointHash(model, signal)) === checkpoint) found.push(place);
  }
  return found;
}

/** A name for a model's atlas in the folder one is in: `model-atlas`. */
export const atlasName = (name: string): string =>
  `${basename(name.split('@')[0]).replace(/\.\w+$/, '') || 'model'}-atlas`;
