import { rmSync } from 'node:fs';
import { access, constants, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { onInterrupt } from '../interrupt.ts';

/**
 * Writes a file under a temporary name beside `path` and renames it when `write` is done: `path` never holds half a
 * result. `OUTPUT_UNWRITABLE` when the place cannot be written.
 */
export async function writeFileWhole(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${path}.partial-${process.pid}`;
  let file: FileHandle | undefined;
  const forget = onInterrupt(() => rmSync(partial, { force: true }));
  try {
    file = await open(partial, 'w').catch(unwritable(path));
    await write(file);
    await file.close();
    file = undefined;
    await rename(partial, path).catch(unwritable(path));
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  } finally {
    forget();
  }
}

/** Fails before a long computation rather than after it: `OUTPUT_UNWRITABLE` where no file can be made beside `path`. */
export async function checkWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch(unwritable(path));
}

const unwritable = (path: string) => (cause: NodeJS.ErrnoException) => {
  throw new WeightscopeError(
    'OUTPUT_UNWRITABLE',
    `Cannot write ${path} (${cause.code ?? cause.message}): give a file in a folder that exists and can be written.`,
    { cause },
  );
};
