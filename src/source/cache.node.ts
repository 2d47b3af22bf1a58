import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { checkFileName } from './range.ts';
import type { Cache } from './source.ts';

/**
 * Where derived data of this user is kept: `WEIGHTSCOPE_CACHE`, else `XDG_CACHE_HOME/weightscope`, else the system's
 * place (`~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows, `~/.cache` elsewhere).
 */
export function userCacheDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  system: string = platform(),
): string {
  if (env.WEIGHTSCOPE_CACHE) return resolve(env.WEIGHTSCOPE_CACHE);
  const home = env.HOME || env.USERPROFILE || homedir();
  const local =
    system === 'darwin'
      ? join(home, 'Library', 'Caches')
      : system === 'win32'
        ? env.LOCALAPPDATA || join(home, 'AppData', 'Local')
        : join(home, '.cache');
  return join(env.XDG_CACHE_HOME || local, 'weightscope');
}

/**
 * Derived data of one model, named by its fingerprint. Each entry begins with the SHA-256 of its bytes, so that one cut
 * short or damaged counts as absent; it is written under a temporary name and renamed. A cache that cannot be written
 * is no error: the data is computed again.
 */
export function fileCache(fingerprint: string, root: string = userCacheDir()): Cache {
  // Hashed where it could not be a folder's name.
  const folder = join(
    root,
    /^[\w-][\w.-]{0,99}$/.test(fingerprint) ? fingerprint : digest(fingerprint).toString('hex'),
  );
  return {
    async get(name) {
      checkFileName(name);
      const entry = await readFile(join(folder, name)).catch(() => undefined);
      if (!entry || entry.length < DIGEST || !digest(entry.subarray(DIGEST)).equals(entry.subarray(0, DIGEST)))
        return undefined;
      // A copy begins at a multiple of eight, so that arrays of numbers can lie on it.
      return new Uint8Array(entry.subarray(DIGEST));
    },
    async put(name, bytes) {
      checkFileName(name);
      const path = join(folder, name);
      const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
      try {
        await mkdir(folder, { recursive: true });
        const file = await open(temporary, 'wx');
        try {
          await file.writeFile(digest(bytes));
          await file.writeFile(bytes);
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch {
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },
  };
}

const DIGEST = 32;
const digest = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
