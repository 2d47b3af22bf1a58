import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { inPackage } from '../package.node.ts';
import type { Served } from '../questions/opened.ts';
import { createApi } from '../server/app.ts';
import { createMcp } from './server.ts';

const DOCS = inPackage('docs');

/** Answers an assistant's questions on standard input and output until it hangs up. */
export async function serveMcp(served: Served): Promise<void> {
  const { app } = createApi(served);
  const names = (await readdir(DOCS)).filter((name) => name.endsWith('.md'));
  const pages = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name.slice(0, -3), await readFile(join(DOCS, name), 'utf8')])),
  );
  const models = served.models.map(({ id }) => id);
  const handle = serveStdio(() =>
    createMcp({ version: served.version, fetch: (request) => app.fetch(request), models, pages }),
  );
  // A file or /dev/null ends without being closed.
  await new Promise((resolve) => process.stdin.once('close', resolve).once('end', resolve));
  await handle.close();
}
