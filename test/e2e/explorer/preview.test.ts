import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  type Explorer,
  keepPicture,
  openExplorer,
  startServer,
  startSite,
} from '../../explorer.ts';
import { root } from '../../packed.ts';
import { weightscope } from '../run-cli.ts';

/** First words at once where `freq` is not known yet, and the exact ones in their place, without a jump of the page. */

const browser = await launchChromium();
const folder = mkdtempSync(join(tmpdir(), 'weightscope-preview-'));
const lexi = join(root, 'test/fixtures/lexi');
let server: Explorer;
let site: Explorer;
/** With an atlas that is not normalised by freq, so that words are searched and their neurons are read live. */
let words: Explorer;
beforeAll(async () => {
  if (!browser) return;
  // As a file, without the normalisers that come with the sample.
  const file = join(root, 'models/sample.gguf');
  const atlas = join(folder, 'atlas');
  const small = ['--layers', '2-3', '--top', '8', '--columns', '5', '--what', 'neurons', '--normalize', 'none'];
  const built = await weightscope(['atlas', 'build', lexi, '-o', atlas, ...small, '--quiet']);
  if (built.status !== 0) throw new Error(built.stderr);
  [server, site, words] = await Promise.all([
    startServer(file),
    startSite([file, '--no-normalisers']),
    startServer(lexi, atlas),
  ]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), site?.stop(), words?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Layout shifts that no input caused, from now on. Rows of a table may change places, and in a sentence what follows a
 * word or a number begins elsewhere where another one is longer: how high the sentence is, is looked at by itself.
 */
const WATCH = `
  window.shifts = [];
  const nameOf = (node) =>
    (node?.closest ? node : node?.parentNode)?.closest('.data-table tbody, .row-heading, .pair-line, .counter')
      ? 'number'
      : (node?.className ?? node?.parentNode?.className);
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node }) => nameOf(node))]);
  }).observe({ type: 'layout-shift' });
`;
/** Heights and places of what stands on the page. */
const boxes = (selector: string) => `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
  const { top, height } = element.getBoundingClientRect();
  return [element.className || element.tagName, Math.round(top), Math.round(height)];
})`;
/** Shifts of more than numbers, which begin elsewhere where another one has more digits. */
const jumps = (shifts: [number, ...string[]][]) => shifts.filter(([, ...of]) => of.some((name) => name !== 'number'));
const table = (page: Page, name: string) => page.getByRole('table', { name, exact: true });

/** Lets a page's exact answers wait until it is told: the pass over all layers takes as long as a test says. */
async function hold(page: Page, path: RegExp): Promise<() => void> {
  let pass: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  await page.context().route(
    ({ pathname, searchParams }) => path.test(pathname) && !searchParams.has('preview'),
    async (route) => {
      await passed;
      await route.continue().catch(() => {}); // A page that was left has given up.
    },
  );
  return pass;
}

/** The same on a site, whose questions go to the page's worker. */
async function holdOfWorker(page: Page, path: RegExp): Promise<() => Promise<unknown>> {
  await page.evaluate((held) => {
    const say = Worker.prototype.postMessage;
    const passed = new Promise<void>((resolve) => {
      Object.assign(globalThis, { pass: resolve });
    });
    Worker.prototype.postMessage = function (...message: unknown[]) {
      const { type, url } = message[0] as { type: string; url: string };
      const { pathname, searchParams } = new URL(type === 'ask' ? url : location.href);
      const later = type === 'ask' && held.test(pathname) && !searchParams.has('preview');
      if (later) void passed.then(() => say.apply(this, message as never));
      else say.apply(this, message as never);
    };
  }, path);
  return () => page.evaluate('pass()');
}

interface Previewed {
  path: string;
  /** The question whose exact answer takes the pass. */
  held: RegExp;
  /** A list, and how many of its rows have a ±. */
  list: string;
  margins: number;
  /** What is there when the page has its previews. */
  last: string;
  /** What may not move. */
  still: string;
  settled: string;
}

const PAGES: Record<string, Previewed> = {
  neuron: {
    path: '/m/sample.gguf/neuron/1/100',
    held: /\/neurons\/1\/100$/,
    list: 'Value, top tokens',
    margins: 24,
    last: 'Similar neurons',
    still: 'main section, main h2, .preview-line, .score-bars tr',
    settled: '[data-settled="true"]',
  },
  head: {
    path: '/m/sample.gguf/head/1/5?pair=2007-908',
    held: /\/heads\/1\/5$/,
    list: 'Most',
    margins: 14,
    last: 'Least',
    // Below stands what comes with the pass.
    still: '.pair-line, .preview-line, .drawing, .data-table, .score-bars tr, .beside > *, .counter',
    settled: '.heat-map',
  },
};

describe.skipIf(!browser)(`previews on the page${browser ? '' : NO_CHROMIUM}`, () => {
  it.each(Object.entries(PAGES))(
    'of a %s give way to the exact lists without a jump, at three widths',
    async (name, { path, held, list, margins, last, still, settled }) => {
      const seen = [];
      for (const width of [390, 1024, 1440]) {
        const viewport = { width, height: 900 };
        const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample.gguf/token', { viewport });
        const pass = await hold(page, held);
        await page.goto(`${server.base}${path}`);
        await page.getByText('Preview.').waitFor();
        await table(page, last).waitFor();
        await expect.poll(() => table(page, list).getByText('±').count()).toBe(margins);
        expect(await accessibilityProblems(page)).toEqual([]);
        await keepPicture(page, `preview-${name}-${width}`);
        await page.evaluate(WATCH);
        await page.evaluate('window.scrollTo(0, 200)');
        seen.push({ width, page, pass, problems, before: await page.evaluate(boxes(still)) });
      }
      for (const { pass } of seen) pass();
      for (const { width, page, problems, before } of seen) {
        await page.getByText('Exact.', { exact: true }).waitFor();
        await page.locator(settled).waitFor();
        await expect.poll(() => page.locator('.margin, .pair-line:has-text("±")').count()).toBe(0);
        expect(await page.evaluate(boxes(still)), `places at ${width}`).toEqual(before);
        expect(jumps(await page.evaluate('window.shifts')), `shifts at ${width}`).toEqual([]);
        expect(await page.evaluate('scrollY')).toBe(200);
        await keepPicture(page, `preview-${name}-exact-${width}`);
        expect(problems).toEqual([]);
        await page.context().close();
      }
    },
    400_000,
  );

  it('are not asked for twice of a head whose normalisers are there', async () => {
    const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample.gguf/token');
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (/\/heads\/2\/3(\/row)?$/.test(pathname) && !searchParams.has('chance'))
        asked.push(`${pathname.split('/').at(-1)} ${searchParams.get('preview')}`);
    });
    await page.goto(`${server.base}/m/sample.gguf/head/2/3?matrix=qk`);
    await page.locator('.heat-map').waitFor();
    await table(page, 'Most').waitFor();
    expect(await page.getByText('Preview.').count()).toBe(0);
    expect(asked).toEqual(['3 true', 'row true']);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('of a head say that counts are theirs, and stay where the exact list is given up', async () => {
    const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample.gguf/token');
    const pass = await hold(page, /\/heads\/1\/5$/);
    await page.goto(`${server.base}/m/sample.gguf/head/1/5?matrix=vo&beyond=60`);
    await page.getByText('Preview.').waitFor();
    await page.getByText(/^[\d,]+ pairs in the preview$/).waitFor();
    await page.getByText('over all that are counted, in the preview').waitFor();
    await page.getByRole('button', { name: 'cancel' }).first().click();
    await page.getByText('The exact lists were given up.').waitFor();
    // What needs no normaliser comes all the same.
    await page.getByRole('list', { name: 'Singular directions as words' }).waitFor();
    await page.getByText('Reading the strongest tokens was cancelled.').waitFor();
    expect(await table(page, 'VO pairs').getByText('±').count()).toBeGreaterThan(20);
    await keepPicture(page, 'preview-head-given-up');
    pass();
    await page.getByRole('button', { name: 'start', exact: true }).click();
    await page.getByText('Exact.', { exact: true }).waitFor();
    await page.getByText(/^exactly [\d,]+/).waitFor();
    await page.locator('.heat-map').waitFor();
    await expect.poll(() => table(page, 'VO pairs').getByText('±').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each([
    ['neuron/1/100', /\/neurons\/1\/100$/, 'Value, top tokens', 24],
    ['head/1/5?matrix=qk', /\/heads\/1\/5$/, 'Most', 14],
    ['token/300', /\/tokens\/300$/, 'Neurons that write it', 12],
  ])('are on a site, whose pages find no normaliser: %s', async (path, held, list, margins) => {
    const { page, problems } = await openExplorer(browser as Browser, site, '/m/sample.gguf/vector');
    const pass = await holdOfWorker(page, held);
    await page.goto(`${site.base}/m/sample.gguf/${path}`);
    await page.getByText('Preview.').waitFor();
    await expect.poll(() => table(page, list).getByText('±').count()).toBe(margins);
    await page.evaluate(WATCH);
    await pass();
    await page.getByText('Exact.', { exact: true }).waitFor();
    await expect.poll(() => table(page, list).getByText('±').count()).toBe(0);
    expect(jumps(await page.evaluate('window.shifts'))).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('are the first words on cards, beside what is found, and of a token, with a mark', async () => {
    const MARKS = '.preview-mark[data-exact="false"]';
    const seen = [];
    // The number of marks says when all words of a page are there.
    for (const [name, path, rows, marks] of [
      ['landing', '', '.begin .words', 7],
      ['search', '/search?q=the', '.data-table td > .words', 17],
      ['token', '/token/300', '.score-bars .place .toned', 30],
    ] as const) {
      const { page, problems } = await openExplorer(browser as Browser, words, '/m/lexi/token');
      const pass = await hold(page, /\/(neurons\/\d+\/\d+|heads\/\d+\/\d+\/row|tokens\/\d+)$/);
      await page.goto(`${words.base}/m/lexi${path}`);
      await expect.poll(() => page.locator(MARKS).count(), { timeout: 60_000 }).toBe(marks);
      expect(await page.locator(rows).count()).toBeGreaterThan(1);
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, `preview-words-${name}`);
      await page.evaluate(WATCH);
      seen.push({ name, page, pass, problems, rows, before: await page.evaluate(boxes(rows)) });
    }
    for (const { name, page, pass, problems, rows, before } of seen) {
      pass();
      await expect.poll(() => page.locator(MARKS).count(), { timeout: 60_000 }).toBe(0);
      const after = (await page.evaluate(boxes(rows))) as unknown[];
      if (name !== 'token') expect(after, name).toEqual(before);
      await keepPicture(page, `preview-words-${name}-exact`);
      expect(problems).toEqual([]);
      await page.context().close();
    }
  }, 400_000);
});
