import { readdir, readFile } from 'node:fs/promises';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Served } from '../questions/opened.ts';
import { createApi } from '../server/app.ts';
import { createMcp } from './server.ts';

/** The package's pages of docs; two folders up, both from src/mcp/ and from dist/mcp/. */
const DOCS = new URL('../../docs/', import.meta.url);

/** Answers an assistant's questions on standard input and output until it hangs up. */
export async function serveMcp(served: Served): Promise<void> {
  const { app } = createApi(served);
  const names = (await readdir(DOCS)).filter((name) => name.endsWith('.md'));
  const pages = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name.slice(0, -3), await readFile(new URL(name, DOCS), 'utf8')])),
  );
  const models = served.models.map(({ id }) => id);
  const handle = serveStdio(() =>
    createMcp({ version: served.version, fetch: (request) => app.fetch(request), models, pages }),
  );
  // A file or /dev/null ends without being closed.
  await new Promise((resolve) => process.stdin.once('close', resolve).once('end', resolve));
  await handle.close();
}
