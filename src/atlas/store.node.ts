import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { WeightscopeError } from '../errors.ts';
import { checkFileName } from '../source/range.ts';
import type { Store } from './store.ts';

/** Files not yet renamed carry this ending; `list` does not see them. */
const UNFINISHED = '.unfinished';

/**
 * A folder as a store, made with its first file. `put` writes a temporary file beside the target, syncs and renames it.
 */
export function folderStore(path: string): Store {
  const at = (name: string): string => {
    checkFileName(name);
    return join(path, name);
  };
  return {
    name: path,
    async get(name) {
      try {
        return new Uint8Array(await readFile(at(name)));
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') return undefined;
        throw unreadable(at(name), cause);
      }
    },
    async put(name, bytes) {
      const target = at(name);
      const temporary = `${target}.${process.pid}-${randomBytes(6).toString('hex')}${UNFINISHED}`;
      try {
        await mkdir(dirname(target), { recursive: true });
        await writeSynced(temporary, bytes);
        await rename(temporary, target);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw unwritable(target, cause);
      }
    },
    async list(prefix) {
      const folder = join(path, prefix.slice(0, prefix.lastIndexOf('/') + 1));
      try {
        const entries = await readdir(folder, { recursive: true, withFileTypes: true });
        const names = entries
          .filter((entry) => entry.isFile() && !entry.name.endsWith(UNFINISHED))
          .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join('/'))
          .filter((name) => name.startsWith(prefix))
          .sort();
        return await Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(path, name))).size })));
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') return [];
        throw unreadable(folder, cause);
      }
    },
    async remove(name) {
      await rm(at(name), { force: true });
    },
  };
}

/** Removes what interrupted writers left, at once: this process's files, and those of processes that are gone. */
export function removeUnfinished(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(UNFINISHED) && !isBeingWritten(entry.name))
      rmSync(join(entry.parentPath, entry.name), { force: true });
  }
}

/** Whether a file without its name yet belongs to another process on this machine that still runs. */
function isBeingWritten(name: string): boolean {
  const [, writer] = /\.(\d+)-[0-9a-f]{12}\.unfinished$/.exec(name) ?? [];
  if (writer === undefined || Number(writer) === process.pid) return false;
  try {
    process.kill(Number(writer), 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === 'EPERM';
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? '';

const UNWRITABLE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and go on with --resume',
  EDQUOT: "this user's share of the disk is full; make room and go on with --resume",
  EACCES: 'this user may not write there; choose another folder',
  EPERM: 'this user may not write there; choose another folder',
  EROFS: 'it is on a read-only disk; choose another folder',
  ENOTDIR: 'a file is in the way; choose another folder',
  EEXIST: 'a file is in the way; choose another folder',
};

function unwritable(path: string, cause: unknown): WeightscopeError {
  if (cause instanceof WeightscopeError) return cause;
  const reason = UNWRITABLE[codeOf(cause)] ?? (cause as Error).message;
  return new WeightscopeError('OUTPUT_UNWRITABLE', `${path} could not be written: ${reason}.`, { cause });
}

function unreadable(path: string, cause: unknown): WeightscopeError {
  if (cause instanceof WeightscopeError) return cause;
  return new WeightscopeError('SOURCE_UNREADABLE', `${path} could not be read: ${(cause as Error).message}.`, {
    cause,
  });
}
