import { mkdtempSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { buildAtlas, openModel } from '../../../src/node.ts';
import { QUESTIONS } from '../../../src/questions/index.ts';
import type { AnyQuestion } from '../../../src/questions/question.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { type Explorer, openExplorer, startServer, startSite } from '../../explorer.ts';
import { root } from '../../packed.ts';
import { askSite, textOf } from '../../site.ts';
import { tinyModel } from '../../tiny-model.ts';

/** What a site's worker answers, byte for byte beside what a server says with the same engine. */

const LEXI = join(root, 'test/fixtures/lexi');

/** Parts of addresses. Of `sample` there are weights alone, of `lexi` an atlas too, of `alone` nothing but an atlas. */
const PLACES: Record<string, Record<string, string>> = {
  sample: { layer: '1', head: '5', neuron: '100', id: '5645', kind: 'heads', name: 'copying' },
  lexi: { layer: '1', head: '1', neuron: '7', id: '40', kind: 'neurons', name: 'kurtosis' },
  alone: { layer: '1', head: '1', neuron: '7', id: '4', kind: 'heads', name: 'best' },
};

/** The same weights in another file: of one file in both a server knows without reading, and says less. */
const SECOND = 'second=copy';

/** What each question is asked, of which models; those that are not here are asked without parameters, of `sample`. */
const ASKED: Record<string, Partial<Record<keyof typeof PLACES, string[]>>> = {
  neuron: {
    sample: ['?k=20&bottom=5', '?normalize=cosine&k=7&onlyAlnum=true', '?normalize=none&chance=true'],
    lexi: ['?k=8&bottom=8', '?k=20&bottom=5'],
    alone: ['?k=6', '?k=6&parts=value', '?k=5000'],
  },
  head: {
    sample: ['?k=50', '?matrices=qk&above=100&excludeSame=true', '?normalize=cosine&k=5&label=raw'],
    lexi: ['?k=10', '?k=10&ascending=true'],
    alone: ['?k=20', '?k=20&ascending=true&matrix=qk'],
  },
  modelInfo: { sample: [''], lexi: [''], alone: [''] },
  pairCount: { sample: ['?above=75&matrix=qk'] },
  headRow: { sample: ['?id=100&k=5', '?id=100&by=second&matrix=qk'] },
  similar: { sample: ['?part=key&k=5'], lexi: ['?k=9', '?k=300&part=key'], alone: ['?k=5', '?part=key'] },
  vector: { sample: ['?expression=tok%3A%22%20king%22&normalize=cosine'] },
  tokens: { sample: ['?prefix=%20kin', '?text=%20king'], alone: ['?prefix=ki', ''] },
  token: { sample: [''], lexi: ['', '?k=3'], alone: ['?k=5'] },
  spectrum: { sample: [''], lexi: [''], alone: [''] },
  headStatistics: { lexi: [''] },
  statisticRows: { lexi: ['?of=neurons&k=5', '?of=layers'] },
  statisticNames: { sample: [''], lexi: [''], alone: [''] },
  statistic: { lexi: [''], alone: [''] },
  search: {
    lexi: ['?q=the', '?q=a*&k=50&sign=-', '?q=the%20a', '?q=the%20OR%20a%20OR%20b*&parts=value,qk'],
    alone: ['?q=king', '?q=%22%20queen%22%20OR%20kin*', '?q=nobody', '?q=king%20AND'],
  },
  tables: { lexi: [''], alone: [''] },
  neuronRows: {
    lexi: ['', '?sort=kurtosis&k=30', '?sort=best&ascending=true&part=key&layer=1', '?sort=nothing'],
    alone: ['?k=5'],
  },
  headRows: { lexi: ['', '?sort=copying&k=40', '?sort=worst&ascending=true&matrix=qk', '?layer=1'], alone: [''] },
  relations: { lexi: ['?k=2&layers=0'] },
  relationRows: {
    lexi: ['', '?k=500', '?sort=promoted_q&ascending=true&k=30', '?sort=suppressed_p&layer=1&head=0'],
    alone: [''],
  },
  compositions: { lexi: ['', '?k=500&kind=q&sort=z', '?from=0:1&sort=p&ascending=true'], alone: [''] },
  diff: { lexi: [`?${SECOND}&k=3`] },
  doctor: { sample: [''] },
  align: { lexi: [`?${SECOND}&sample=64&draws=3`] },
  kinship: { lexi: [`?${SECOND}&sample=32&draws=3`] },
  stitch: { lexi: [`?${SECOND}`] },
  resolve: { sample: ['?q=king', '?q=4:100'] },
  compare: { sample: ['?a=lexi&b=none', '?a=lexi&b=none&among=4&k=3', '?a=lexi&b=alone', '?a=sample&b=lexi'] },
};

/**
 * Not compared: why. Of `statisticRows` that of heads is left out, and of `doctor` that of `lexi`: sums that end in a
 * runtime's own power function, whose last digit is another one in a browser.
 */
const APART = new Map<string, string>([
  ['sql', 'a site has no DuckDB, and says so'],
  ['vocabularyMap', 'it is drawn by steps that magnify the last bit of a runtime’s own power function'],
]);

const browser = await launchChromium();
let server: Explorer;
let site: Explorer;
let page: Page;
let problems: string[];
const folder = mkdtempSync(join(tmpdir(), 'weightscope-answers-'));
const [freq, none, copy, alone] = ['freq', 'none', 'copy', 'alone'].map((name) => join(folder, name));

beforeAll(async () => {
  if (!browser) return;
  const options = { top: 8, pairs: 20, columns: 6, layers: [0, 1] };
  const lexi = await openModel(LEXI);
  const what = ['neurons', 'heads', 'statistics'] as const;
  await buildAtlas(lexi, freq, { ...options, what });
  await buildAtlas(lexi, none, { ...options, normalize: 'none' });
  await lexi.close();
  const words = ['king', ' king', ' queen', ...Array.from({ length: 27 }, (_, i) => ` w${i}`)];
  await buildAtlas(tinyModel({ words, seed: 1 }), alone, { ...options, what, engine: referenceEngine() });
  await cp(LEXI, copy, { recursive: true });
  const names = ['sample', LEXI, freq, none, copy, alone];
  [server, site] = await Promise.all([startServer(...names, '--engine', 'wasm'), startSite(names)]);
  ({ page, problems } = await openExplorer(browser as Browser, site, '/open'));
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), site?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const asked = (QUESTIONS as readonly AnyQuestion[]).filter(({ name }) => !APART.has(name));
const paths = asked.flatMap(({ name, path }) =>
  Object.entries(ASKED[name] ?? { sample: [''] }).flatMap(([model, queries]) => {
    const place = path.replace(/\{(\w+)\}/g, (_, part) => (part === 'model' ? model : PLACES[model][part]));
    return (queries ?? []).map((query) => [name, place + query] as const);
  }),
);

async function askServer(path: string, accept: string): Promise<{ status: number; type: string; bytes: Uint8Array }> {
  const token = new URL(server.url).searchParams.get('token');
  const response = await fetch(server.origin + path, { headers: { Accept: accept, Authorization: `Bearer ${token}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type') ?? '', bytes };
}

/**
 * Threads and instructions are the machine's, and each runtime's own; only a server opens further models and knows the
 * folders of this machine.
 */
const withoutEngine = (text: string): string =>
  text
    .replaceAll(`${folder}/`, '')
    .replaceAll(`${root}/test/fixtures/`, '')
    .replace(/"engine":\{[^}]*\}/g, '"engine":…')
    .replace(/"opens":(?:true|false)/, '"opens":…');

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

  it('says why there is no SQL, and no regular expression', async () => {
    for (const path of ['sql?q=SELECT%201', 'search?q=%2Fing%24%2F']) {
      const { status, body } = await askSite(page, `/api/models/lexi/atlas/${path}`);
      const { error } = JSON.parse(Buffer.from(body, 'base64').toString());
      expect([status, error.code]).toEqual([400, 'PACKAGE_MISSING']);
      expect(error.message).toContain('weightscope explore');
    }
    expect([...APART.keys()].every((name) => QUESTIONS.some((one) => one.name === name))).toBe(true);
  });

  it('sends progress on the way as events, and the same result', async () => {
    const path = '/api/models/sample/heads/1/5?k=5';
    const events = textOf(await askSite(page, path, { accept: 'text/event-stream' })).split('\n\n');
    expect(events[0]).toBe('event: progress\ndata: {"done":0,"what":"waiting"}');
    expect(events.at(-2)).toBe(`event: result\ndata: ${textOf(await askSite(page, path))}`);
  });
});
