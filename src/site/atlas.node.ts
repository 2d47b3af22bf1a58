import { sha256 } from '../atlas/hash.ts';
import { MANIFEST } from '../atlas/manifest.ts';
import type { Atlas } from '../atlas/query/atlas.ts';
import { TABLE_NAMES } from '../atlas/schema.ts';
import { fileFolder } from '../source/file.node.ts';
import { memorySource } from '../source/memory.ts';
import type { SourceFolder } from '../source/source.ts';
import type { SiteModel } from './manifest.ts';
import { publicName } from './names.ts';
import { type PiecesOptions, writePieces } from './pieces.node.ts';

/** Writes an atlas's tables in pieces, and its manifest without paths of this machine. */
export async function writeAtlas(
  atlas: Atlas,
  root: string,
  at: string,
  options: PiecesOptions = {},
): Promise<NonNullable<SiteModel['atlas']>> {
  const { manifest, path, later } = atlas;
  // What a build needs and no question does stays behind.
  const files = manifest.files.filter(({ table }) => TABLE_NAMES.some((known) => known === table));
  const told = { ...manifest, model: { ...manifest.model, name: publicName(manifest.model.name) }, files };
  const described = new TextEncoder().encode(JSON.stringify(told));
  const tables = await fileFolder(path);
  // Known by what is in them, not by when they were written: the same atlas is written twice alike.
  const versions = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  const source: SourceFolder = {
    ...tables,
    async open(name) {
      if (name === MANIFEST) return { ...memorySource(described, MANIFEST), version: await sha256(described) };
      const file = await tables.open(name);
      return file && { ...file, version: versions.get(name) ?? file.version };
    },
  };
  const names = [MANIFEST, ...files.map(({ name }) => name)];
  const what = 'writing the atlas in pieces';
  return { ...(await writePieces({ source, names }, root, at, { ...options, what })), later: [...later].sort() };
}
