import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { checkFileName, checkRange } from './range.ts';
import type { Source, SourceFolder } from './source.ts';

/** Node refuses reads of 2 GB and more. */
const MAX_READ = 1 << 30;

/**
 * A file, read by position; symbolic links are followed. It is opened for each read and compared with what was there
 * at first, so nothing stays open and a file that changed meanwhile is noticed (`SOURCE_CHANGED`, `SOURCE_TRUNCATED`).
 * Throws `SOURCE_NOT_FOUND`, and `SOURCE_UNREADABLE` for what is not a readable file.
 */
export async function fileSource(path: string): Promise<Source> {
  const found = await guarded(path, () => stat(path, { bigint: true }));
  if (!found.isFile())
    throw new WeightscopeError(
      'SOURCE_UNREADABLE',
      `Expected a file at ${path}, found ${found.isDirectory() ? 'a folder' : 'a device or pipe'}.`,
    );
  const source: Source = {
    name: path,
    byteLength: Number(found.size),
    version: `${found.size}-${found.mtimeNs}`,
    async slice(start, end, signal) {
      checkRange(source, start, end, signal);
      const bytes = new Uint8Array(end - start);
      const handle = await guarded(path, () => open(path, 'r'));
      try {
        await guarded(path, () => fill(handle, bytes, source, start, signal));
      } finally {
        await handle.close();
      }
      return bytes;
    },
  };
  return source;
}

async function fill(handle: FileHandle, bytes: Uint8Array, source: Source, start: number, signal?: AbortSignal) {
  for (let filled = 0; filled < bytes.length; ) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(bytes, filled, Math.min(bytes.length - filled, MAX_READ), start + filled);
    if (bytesRead === 0) break; // the comparison below finds it shorter
    filled += bytesRead;
  }
  // After reading: a change before or while reading has moved the time by now.
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  if (size < BigInt(source.byteLength))
    throw new WeightscopeError(
      'SOURCE_TRUNCATED',
      `Expected ${source.byteLength} bytes in ${source.name}, but it was cut to ${size} while in use; open it again when it is complete.`,
    );
  if (`${size}-${mtimeNs}` !== source.version)
    throw new WeightscopeError('SOURCE_CHANGED', `The file ${source.name} changed while in use; open it again.`);
}

/** A folder on disk. `list` names its files and those of its subfolders, with `/`, sorted. */
export async function fileFolder(path: string): Promise<SourceFolder> {
  const found = await guarded(path, () => stat(path));
  if (!found.isDirectory())
    throw new WeightscopeError('SOURCE_UNREADABLE', `Expected a folder at ${path}, found a file.`);
  return {
    name: path,
    async open(name) {
      checkFileName(name);
      try {
        return await fileSource(join(path, name));
      } catch (error) {
        if (error instanceof WeightscopeError && error.code === 'SOURCE_NOT_FOUND') return undefined;
        throw error;
      }
    },
    async list() {
      return (await filesBelow(path)).sort();
    },
  };
}

/** More than any checkpoint has; a person who named a whole disk need not wait for all of it. */
const MAX_LISTED = 100_000;

/** Files of a folder and its subfolders, those nearest first; a subfolder that may not be read is left out. */
async function filesBelow(path: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [''];
  for (const folder of folders) {
    const reading = readdir(join(path, folder), { withFileTypes: true });
    // Weights lie in the folder itself: that one has to be readable.
    const entries = folder === '' ? await guarded(path, () => reading) : await reading.catch(() => []);
    for (const entry of entries)
      (entry.isDirectory() ? folders : files).push(folder + entry.name + (entry.isDirectory() ? '/' : ''));
    if (files.length + folders.length > MAX_LISTED) break;
  }
  return files;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open; raise the limit with "ulimit -n 4096"',
  EISDIR: 'it is a folder',
};

/** Turns errors of the operating system into ours. */
async function guarded<T>(path: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (cause instanceof WeightscopeError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new WeightscopeError('SOURCE_NOT_FOUND', `Expected a file or folder at ${path}, found nothing.`, { cause });
    const reason = REASONS[code] ?? (cause as Error).message;
    throw new WeightscopeError('SOURCE_UNREADABLE', `The file or folder ${path} cannot be read: ${reason}.`, { cause });
  }
}
