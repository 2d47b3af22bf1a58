import { closeSync, openSync, readSync } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { MANIFEST, readManifest } from '../manifest.ts';
import { type AtlasFile, type Manifest, TABLE_NAMES, type TableName } from '../schema.ts';
import { folderStore } from '../store.node.ts';
import { openDatabase } from './database.node.ts';
import type { OpenFolder, TableFile } from './folder.ts';

/**
 * Checks an atlas before anything of it is read: every file of the manifest must be there, be a plain file (a link
 * could lead elsewhere), have its size and look like Parquet. `unfinished`: one that is being built will do, as far as
 * its neurons can be searched; it is read as an atlas of neurons alone. Throws `ATLAS_INVALID`, `ATLAS_NEWER`.
 */
export async function openFolder(path: string, { unfinished }: { unfinished?: boolean } = {}): Promise<OpenFolder> {
  const found = await readManifest(folderStore(path));
  if (!found)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected an atlas in ${path}, found no ${MANIFEST}; make one with \`weightscope atlas build\`.`,
    );
  const part = found.state === 'building' && found.files.length > 0;
  if (found.state !== 'complete' && !(unfinished && part))
    throw new WeightscopeError(
      'ATLAS_INVALID',
      unfinished
        ? `Expected an atlas in ${path} whose neurons have been read, found one whose build is not so far yet; ask again later, or finish it with \`weightscope atlas build --resume\`.`
        : `Expected a finished atlas in ${path}, found one that is being built; finish it with \`weightscope atlas build --resume\`.`,
    );
  const manifest: Manifest = part ? { ...found, settings: { ...found.settings, what: ['neurons'] } } : found;
  const root = await realpath(path);
  const files = Object.fromEntries(TABLE_NAMES.map((table) => [table, [] as TableFile[]])) as OpenFolder['files'];
  for (let i = 0; i < manifest.files.length; i += AT_A_TIME)
    await Promise.all(manifest.files.slice(i, i + AT_A_TIME).map((file) => checkFile(root, file)));
  for (const { table, name, bytes, rows } of manifest.files) {
    if (table in files) files[table as TableName].push(tableFile(join(root, name), bytes, rows));
  }
  const folder: OpenFolder = {
    path,
    root,
    manifest,
    files,
    database: (options) => openDatabase(folder, options),
    whole: async (file) => {
      // With it come all that a build needs, which no question does.
      const { wholeFile } = await import('../unit.ts');
      return wholeFile(folderStore(path), file);
    },
  };
  return folder;
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

/** Reads wait for nobody: what is asked for is a few bytes here and there, which the system has in memory. */
export function tableFile(path: string, bytes: number, rows: number): TableFile {
  return {
    path,
    bytes,
    rows,
    open() {
      const file = openSync(path, 'r');
      return {
        read(at, into) {
          if (readSync(file, into, 0, into.length, at) !== into.length) throw new Error('it is cut off');
        },
        close: () => closeSync(file),
      };
    },
  };
}
