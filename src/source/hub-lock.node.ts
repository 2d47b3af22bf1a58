import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { throwIfAborted } from '../errors.ts';

/** A holder touches its lock this often; one untouched for {@link STALE} has no living holder. */
const TOUCH = 10_000;
const STALE = 60_000;
const POLL = 200;

/**
 * Runs `work` while holding the lock file `path`, which exists exactly while it is held (O_EXCL) and names its holder.
 * Python's library uses flock(2) on a file that stays, which Node cannot; so this one lies beside it and keeps apart
 * processes of weightscope only. Against Python, correctness rests on renaming whole, verified files into place.
 */
export async function withLock<T>(
  path: string,
  wait: (ms: number, signal?: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const holder = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  await mkdir(dirname(path), { recursive: true });
  while (!(await create(path, holder))) {
    throwIfAborted(signal);
    await breakStale(path);
    await wait(POLL, signal);
  }
  const touching = setInterval(() => utimes(path, new Date(), new Date()).catch(() => undefined), TOUCH);
  touching.unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    if ((await contents(path)) === holder) await rm(path, { force: true });
  }
}

async function create(path: string, holder: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(holder);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose holder is gone. Renaming first lets one breaker win, and a fresh lock taken by mistake go back.
 */
async function breakStale(path: string): Promise<void> {
  const seen = await contents(path);
  if (seen === undefined || !(await isStale(path, seen))) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another breaker was faster
  }
  if ((await contents(aside)) !== seen) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isStale(path: string, seen: string): Promise<boolean> {
  const touched = await stat(path).then(
    (found) => found.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (Date.now() - touched > STALE) return true;
  try {
    const { pid, host } = JSON.parse(seen);
    if (host !== hostname() || !Number.isSafeInteger(pid)) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // otherwise half-written, or alive under another user
  }
}

function contents(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
