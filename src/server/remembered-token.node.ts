import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userCacheDir } from '../source/cache.node.ts';

/** What {@link rememberedToken} makes. */
const TOKEN = /^[\w-]{32}$/;

/**
 * The token of this user's servers on this machine, made once and kept in a file that nobody else may read, so that
 * bookmarks go on working when a server is started again. Where it cannot be kept, one for this run.
 */
export async function rememberedToken(folder: string = userCacheDir()): Promise<string> {
  const file = join(folder, 'explore-token');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (TOKEN.test(kept)) return kept;
  const token = randomBytes(24).toString('base64url');
  await mkdir(folder, { recursive: true })
    .then(() => writeFile(file, token, { mode: 0o600 }))
    .catch(() => {});
  return token;
}
