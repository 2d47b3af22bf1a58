import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import type { Env } from './answer.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};
const compress = promisify(gzip);

/**
 * The files of one folder, read when they are asked for. Only paths of a listing are answered, so that no path leads
 * out of the folder; links are not listed. A path without a file's ending is a view of the page: `index.html`.
 */
export function pages(folder: string): MiddlewareHandler<Env> {
  let listed: Promise<Set<string>> | undefined;
  return async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
    const path = isView(c.req.path) ? '/index.html' : c.req.path;
    listed ??= list(folder);
    let files = await listed;
    // The page may have been built since.
    if (!files.has(path)) {
      listed = list(folder);
      files = await listed;
    }
    if (!files.has(path)) return path === '/index.html' ? c.html(missing()) : next();
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    const bytes = await readFile(join(folder, ...path.split('/')));
    // The names of built files carry a hash of what is in them.
    const lasting = path.startsWith('/assets/');
    c.header('Cache-Control', lasting ? 'private, max-age=31536000, immutable' : 'private, no-cache');
    c.header('Content-Type', type);
    c.header('Vary', 'Accept-Encoding');
    const zipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '') && /text|json|svg|wasm/.test(type);
    if (!zipped) return c.body(new Uint8Array(bytes));
    c.header('Content-Encoding', 'gzip');
    return c.body(new Uint8Array(await compress(bytes)));
  };
}

/** The names of models may have what looks like an ending. */
const isView = (path: string): boolean => path === '/' || path.startsWith('/m/') || extname(path) === '';

async function list(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')}`);
  return new Set(paths);
}

const missing = () => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>weightscope</title>
<h1>weightscope</h1>
<p>The page is not built here (<code>npm run build</code> does), but the <a href="/api">API</a> answers.</p>
</html>`;
