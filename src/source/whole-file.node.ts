import { rmSync } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { WeightscopeError } from '../errors.ts';

/** A file that is being written. */
export interface WholeFile {
  /** Resolves when all of the piece is written. Throws `OUTPUT_UNWRITABLE`. */
  write(piece: string | Uint8Array): Promise<void>;
}

/** Temporary files and folders of this process. */
const unfinished = new Set<string>();

/** Removes, at once, what this process has begun to write and not finished. For a process that is about to end. */
export function removeUnfinishedFiles(): void {
  for (const path of unfinished) rmSync(path, { force: true, recursive: true });
}

/** Has what is written otherwise removed if this process ends before it is done; returns how to say that it is. */
export function removeIfUnfinished(path: string): () => void {
  unfinished.add(path);
  return () => void unfinished.delete(path);
}

/**
 * Writes a file under a temporary name beside `path` and renames it when `write` is done and the disk has taken all of
 * it: `path` never holds half a result. A link is followed; a device or a pipe is written as it is. Throws
 * `OUTPUT_UNWRITABLE` when the place cannot be written, and what `write` throws.
 */
export function writeFileWhole(path: string, write: (file: WholeFile) => Promise<void>): Promise<void> {
  return makeFileWhole(path, async (partial) => {
    let file: FileHandle | undefined = await open(partial, 'w').catch(fails(path));
    try {
      await write(writer(path, file));
      const written = file;
      file = undefined;
      await written.close().catch(fails(path));
    } finally {
      await file?.close().catch(() => {});
    }
  });
}

/** The same for a file that something else writes: `make` is given the name to write it under. */
export async function makeFileWhole(path: string, make: (partial: string) => Promise<void>): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw unwritable(path, Object.assign(new Error('it is a folder'), { code: 'EISDIR' }));
  if (there && !there.isFile()) return make(path);
  const target = there ? await realpath(path) : path;
  const partial = `${target}.partial-${process.pid}`;
  unfinished.add(partial);
  try {
    await make(partial);
    await sync(partial).catch(fails(path));
    await rename(partial, target).catch(fails(path));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  } finally {
    unfinished.delete(partial);
  }
}

/**
 * The same for a folder of files: `make` is given the folder to write them in, which takes its name when all are there.
 * Throws `OUTPUT_UNWRITABLE` where something is in its place already: nothing is ever mixed with it or lost.
 */
export async function makeFolderWhole(path: string, make: (partial: string) => Promise<void>): Promise<void> {
  await checkNewFolder(path);
  const target = resolve(path);
  const partial = `${target}.partial-${process.pid}`;
  unfinished.add(partial);
  try {
    await mkdir(partial).catch(fails(path));
    await make(partial);
    for (const name of await readdir(partial)) await sync(join(partial, name)).catch(fails(path));
    await rmdir(target).catch(() => {});
    await rename(partial, target).catch(fails(path));
  } catch (error) {
    await rm(partial, { force: true, recursive: true }).catch(() => {});
    throw error;
  } finally {
    unfinished.delete(partial);
  }
}

/** Fails before a long computation where no folder can be made at `path`: `OUTPUT_UNWRITABLE`. */
export async function checkNewFolder(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  const taken = there && (!there.isDirectory() || (await readdir(path).catch(fails(path))).length > 0);
  if (taken) throw unwritable(path, Object.assign(new Error('something is there'), { code: 'EEXIST' }));
  await access(dirname(resolve(path)), constants.W_OK).catch(fails(path));
}

/** Some disks say only now that they are full. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Bytes handed to the system at a time: it takes no more than 2 GiB, and what is written can be told from what is not.
 */
const MOST = 1 << 28;

function writer(path: string, file: FileHandle): WholeFile {
  return {
    async write(piece) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      // The system may write a part only, above all where the disk has no room for all of it.
      for (let done = 0; done < bytes.length; ) {
        const next = bytes.subarray(done, done + MOST);
        const { bytesWritten } = await file.write(next, 0, next.length).catch(fails(path));
        if (bytesWritten === 0) throw unwritable(path, Object.assign(new Error('nothing is written'), { code: 'EIO' }));
        done += bytesWritten;
      }
    },
  };
}

/**
 * Fails before a long computation rather than after it: `OUTPUT_UNWRITABLE` where no file can be made beside `path`.
 */
export async function checkWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw unwritable(path, Object.assign(new Error('it is a folder'), { code: 'EISDIR' }));
  const special = there !== undefined && !there.isFile();
  await access(special ? path : dirname(path), constants.W_OK).catch(fails(path));
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room, or give a file on another disk',
  EDQUOT: "this user's share of the disk is full; make room, or give a file on another disk",
  EEXIST: 'something is there already; give the name of a new folder',
  EFBIG: 'a file may not be so large there; give a file on another disk',
};

/** What the system says of a place that cannot be written, as ours. */
export function unwritable(path: string, cause: unknown): WeightscopeError {
  if (cause instanceof WeightscopeError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = ADVICE[code ?? ''] ?? 'give a file in a folder that exists and can be written';
  return new WeightscopeError('OUTPUT_UNWRITABLE', `Cannot write ${path} (${code ?? message}): ${advice}.`, { cause });
}

const fails = (path: string) => (cause: unknown) => {
  throw unwritable(path, cause);
};
