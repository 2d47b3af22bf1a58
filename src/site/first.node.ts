import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ApiError, askWithProgress } from '../client.ts';
import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { throwIfAborted } from '../errors.ts';
import { FIRST_FOLDER, type FirstAnswers } from './first.ts';
import { askFirstView } from './first-view.ts';
import { SiteHost } from './host.ts';
import type { Site } from './manifest.ts';

/** An answer of more characters is a file of its own, so that the words of a first view do not wait for drawings. */
const APART = 16_000;

export interface FirstOptions {
  engine?: Engine;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/**
 * Writes what a reader sees first, answered beforehand by the site's own host over the files that were just written
 * below `root`, so that nobody waits for WebAssembly and weights to see it. The files, that which names the others
 * first.
 */
export async function writeFirst(site: Site, root: string, options: FirstOptions = {}): Promise<string[]> {
  const { engine = await defaultEngine(), signal, progress } = options;
  const base = new URL(`${pathToFileURL(root).href}/`);
  // What a reader's page computes with is WebAssembly; with how many threads is their machine's.
  const host = new SiteHost(site, { base: base.href, http: { fetch: fromDisk } }, [], {
    ...engine,
    name: 'wasm',
    description: 'WebAssembly',
  });
  const first: FirstAnswers = { here: {}, files: {} };
  const written: string[] = [];
  const ask = async (path: string): Promise<unknown> => {
    throwIfAborted(signal);
    const report = (done: number, what: string) => progress?.(done, `the first view: ${what}`);
    const answer = await askWithProgress(`http://localhost${path}`, {
      fetch: (url, init) => host.fetch(new Request(url, init)),
      signal,
      progress: report,
    }).catch((error) => {
      // What cannot be answered is asked by the page again, which says why.
      if (error instanceof ApiError && !signal?.aborted) return undefined;
      throw error;
    });
    if (answer === undefined) return undefined;
    const text = JSON.stringify(answer);
    if (text.length <= APART) first.here[path] = answer;
    else first.files[path] = await keep(text);
    return answer;
  };
  const keep = async (text: string): Promise<string> => {
    const name = `${FIRST_FOLDER}/${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`;
    await writeFile(join(root, name), text);
    written.push(name);
    return name;
  };
  await mkdir(join(root, FIRST_FOLDER), { recursive: true });
  try {
    if (await ask('/api/models')) for (const { id } of site.models) await askFirstView(id, ask);
  } finally {
    for (const { id } of site.models) await host.close(id);
  }
  const index = await keep(JSON.stringify(first));
  return [index, ...written.slice(0, -1)];
}

/** A fetch of the files that were written. */
const fromDisk: typeof fetch = async (input) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const bytes = await readFile(fileURLToPath(url)).catch(() => undefined);
  return bytes ? new Response(bytes as BufferSource as never) : new Response(null, { status: 404 });
};
