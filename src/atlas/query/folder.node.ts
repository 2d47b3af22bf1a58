import { lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { MANIFEST, readManifest } from '../manifest.ts';
import { type AtlasFile, type Manifest, TABLE_NAMES, type TableName } from '../schema.ts';
import { folderStore } from '../store.node.ts';

export interface TableFile {
  /** Absolute. */
  path: string;
  bytes: number;
  rows: number;
}

/** A finished atlas on disk whose files have been looked at. */
export interface AtlasFolder {
  path: string;
  /** The folder itself, wherever links led. */
  root: string;
  manifest: Manifest;
  /** By table, in the order of the manifest. */
  files: Record<TableName, TableFile[]>;
}

/**
 * Checks an atlas before anything of it is read: every file of the manifest must be there, be a plain file (a link
 * could lead elsewhere), have its size and look like Parquet. Throws `ATLAS_INVALID`, `ATLAS_NEWER`.
 */
export async function openFolder(path: string): Promise<AtlasFolder> {
  const manifest = await readManifest(folderStore(path));
  if (!manifest)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected an atlas in ${path}, found no ${MANIFEST}; make one with \`weightscope atlas build\`.`,
    );
  if (manifest.state !== 'complete')
    throw new WeightscopeError(
      'ATLAS_INVALID',
      `Expected a finished atlas in ${path}, found one that is being built; finish it with \`weightscope atlas build --resume\`.`,
    );
  const root = await realpath(path);
  const files = Object.fromEntries(TABLE_NAMES.map((table) => [table, [] as TableFile[]])) as AtlasFolder['files'];
  for (let i = 0; i < manifest.files.length; i += AT_A_TIME)
    await Promise.all(manifest.files.slice(i, i + AT_A_TIME).map((file) => checkFile(root, file)));
  for (const { table, name, bytes, rows } of manifest.files) {
    if (table in files) files[table as TableName].push({ path: join(root, name), bytes, rows });
  }
  return { path, root, manifest, files };
}

/** Files open at a time: a large atlas has thousands, more than a process may open. */
const AT_A_TIME = 32;

async function checkFile(root: string, { name, bytes }: AtlasFile): Promise<void> {
  const path = join(root, name);
  const found = await lstat(path).catch(() => undefined);
  const folder = await realpath(join(path, '..')).catch(() => '');
  const there = found?.isFile() && found.size === bytes && folder === join(root, name, '..');
  if (there && (!name.endsWith('.parquet') || (await isParquet(path, bytes)))) return;
  const what = !found
    ? 'nothing'
    : !found.isFile()
      ? 'something that is not a plain file'
      : there
        ? 'something that is not Parquet'
        : found.size === bytes
          ? 'one behind a link, which could lead anywhere'
          : `${found.size} bytes`;
  throw new WeightscopeError(
    'ATLAS_INVALID',
    `Expected ${path} to be a file of ${bytes} bytes, found ${what}; build the atlas again with --resume, or copy it again.`,
  );
}

/** Whether a file begins and ends as Parquet does. */
async function isParquet(path: string, bytes: number): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const marks = Buffer.alloc(8);
    await file.read(marks, 0, 4, 0);
    await file.read(marks, 4, 4, Math.max(0, bytes - 4));
    return marks.toString('latin1') === 'PAR1PAR1';
  } finally {
    await file.close();
  }
}
