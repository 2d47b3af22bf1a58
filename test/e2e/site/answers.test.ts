import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUESTIONS } from '../../../src/questions/index.ts';
import type { AnyQuestion } from '../../../src/questions/question.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { type Explorer, openExplorer, startServer, startSite } from '../../explorer.ts';
import { askSite, textOf } from '../../site.ts';

/** What a site's worker answers, byte for byte beside what a server says with the same engine. */

const PLACES: Record<string, string> = {
  model: 'sample',
  layer: '1',
  head: '5',
  neuron: '100',
  id: '5645',
  kind: 'heads',
  name: 'copying',
};

/** What each question is asked; those that are not here are asked without parameters. */
const ASKED: Record<string, string[]> = {
  neuron: ['?k=20&bottom=5', '?normalize=cosine&k=7&onlyAlnum=true', '?normalize=none&chance=true'],
  head: ['?k=50', '?matrices=qk&above=100&excludeSame=true', '?normalize=cosine&k=5&label=raw'],
  pairCount: ['?above=75&matrix=qk'],
  headRow: ['?id=100&k=5', '?id=100&by=second&matrix=qk'],
  similar: ['?part=key&k=5'],
  vector: ['?expression=tok%3A%22%20king%22&normalize=cosine'],
  tokens: ['?prefix=%20kin', '?text=%20king'],
};

/**
 * Not compared to the bit: the map is drawn by steps that magnify the last bit of a runtime's own power function, and
 * head statistics end in such functions too. The others take minutes each on two cores, or need an atlas.
 */
const APART = new Set<string>([
  'headStatistics',
  'statisticRows',
  'statisticNames',
  'statistic',
  'vocabularyMap',
  'search',
  'sql',
  'tables',
  'neuronRows',
  'headRows',
  'relations',
  'relationRows',
  'compositions',
  'compare',
  'diff',
  'doctor',
  'align',
  'kinship',
  'stitch',
  'resolve',
]);

const browser = await launchChromium();
let server: Explorer;
let site: Explorer;
let page: Page;
let problems: string[];

beforeAll(async () => {
  if (!browser) return;
  [server, site] = await Promise.all([startServer('sample', '--engine', 'wasm'), startSite(['sample'])]);
  ({ page, problems } = await openExplorer(browser as Browser, site, '/open'));
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), site?.stop()]);
});

const asked = (QUESTIONS as readonly AnyQuestion[]).filter(({ name }) => !APART.has(name));
const paths = asked.flatMap(({ name, path }) => {
  const place = path.replace(/\{(\w+)\}/g, (_, part) => PLACES[part]);
  return (ASKED[name] ?? ['']).map((query) => [name, place + query] as const);
});

async function askServer(path: string, accept: string): Promise<{ status: number; type: string; bytes: Uint8Array }> {
  const token = new URL(server.url).searchParams.get('token');
  const response = await fetch(server.origin + path, { headers: { Accept: accept, Authorization: `Bearer ${token}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type') ?? '', bytes };
}

/** Threads and instructions are the machine's, and each runtime's own; only a server opens further models. */
const withoutEngine = (text: string): string =>
  text.replace(/"engine":\{[^}]*\}/g, '"engine":…').replace(/"opens":(?:true|false)/, '"opens":…');

describe.skipIf(!browser)(`a site answers as a server does${browser ? '' : NO_CHROMIUM}`, () => {
  it.each(paths)('%s: %s', { timeout: 600_000 }, async (_, path) => {
    const [here, there] = await Promise.all([askSite(page, path), askServer(path, 'application/json')]);
    expect(withoutEngine(textOf(here))).toBe(withoutEngine(new TextDecoder().decode(there.bytes)));
    expect([here.status, here.type]).toEqual([there.status, there.type]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['/api/models/sample/heads/1/5?k=20', 'application/vnd.apache.parquet'],
    ['/api/models/sample/heads/1/5?k=20', 'text/csv'],
    ['/api/models/sample/heads/99/0', 'application/json'],
    ['/api/models/nobody', 'application/json'],
    ['/api/nothing', 'application/json'],
    ['/api/openapi.json', 'application/json'],
    ['/api', 'text/html'],
  ])('%s as %s', async (path, accept) => {
    const [here, there] = await Promise.all([askSite(page, path, { accept }), askServer(path, accept)]);
    expect([here.status, here.type]).toEqual([there.status, there.type]);
    expect(Buffer.from(here.body, 'base64').equals(there.bytes)).toBe(true);
  });

  it('sends progress on the way as events, and the same result', async () => {
    const path = '/api/models/sample/heads/1/5?k=5';
    const events = textOf(await askSite(page, path, { accept: 'text/event-stream' })).split('\n\n');
    expect(events[0]).toBe('event: progress\ndata: {"done":0,"what":"waiting"}');
    expect(events.at(-2)).toBe(`event: result\ndata: ${textOf(await askSite(page, path))}`);
  });
});
