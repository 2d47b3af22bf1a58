import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { openExplorer, startSite } from '../../explorer.ts';
import { askSite } from '../../site.ts';

/** What a site asks of its host, and how it does without. */

const browser = await launchChromium();
let site: Awaited<ReturnType<typeof startSite>>;

beforeAll(async () => {
  if (browser) site = await startSite(['sample']);
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

const pieces = (): string[] => [...site.server.asked.keys()].filter((path) => path.includes('/data/'));

/** The pieces that one answer asks for, with how often, by a reader who has nothing. */
async function piecesOf(model: string, path: string): Promise<[string, number][]> {
  const own = await startSite([model, '--no-normalisers']);
  const context = await (browser as Browser).newContext();
  try {
    const page = await context.newPage();
    // Any document of the site, on which nobody else asks.
    await page.goto(`${own.url}site.json`);
    expect((await askSite(page, path, { last: true })).status).toBe(200);
    return [...own.server.asked].filter(([asked]) => asked.includes('/data/'));
  } finally {
    await context.close();
    await own.stop();
  }
}

async function valueTable(page: Page): Promise<string[]> {
  const rows = page.getByRole('table', { name: 'Value, top tokens', exact: true }).locator('tbody tr');
  await rows.nth(9).waitFor();
  return rows.allTextContents();
}

describe.skipIf(!browser)(`a site and its host${browser ? '' : NO_CHROMIUM}`, () => {
  it('needs less than 400 kB of compressed scripts before the first view', async () => {
    const { page } = await openExplorer(browser as Browser, site, '/', { serviceWorkers: 'block' });
    await page.getByRole('heading', { name: 'sample' }).waitFor();
    const scripts = [...site.server.asked.keys()].filter((path) => path.endsWith('.js'));
    const { base } = site;
    const sizes = await page.evaluate(
      async ([all, from]) =>
        Promise.all(all.map(async (path) => [path, await (await fetch(new URL(path, from))).text()] as const)),
      [scripts, base] as const,
    );
    const bytes = sizes.map(([, text]) => gzipSync(text).length).reduce((sum, size) => sum + size, 0);
    console.log(`first view of a site: ${scripts.length} scripts, ${bytes} bytes compressed one by one`);
    expect(scripts.some((path) => path.includes('/worker/'))).toBe(true);
    expect(bytes).toBeLessThan(400_000);
    await page.context().close();
  });

  it('shows its first view to a reader who has nothing of it', async () => {
    const measured: Record<string, number[]> = { 'loaded once more for threads': [], 'on one thread': [] };
    for (let i = 0; i < 5; i++) {
      for (const [kind, serviceWorkers] of [
        ['loaded once more for threads', 'allow'],
        ['on one thread', 'block'],
      ] as const) {
        // A context of its own has no cache, no storage and no service worker.
        const context = await (browser as Browser).newContext({ serviceWorkers });
        const page = await context.newPage();
        const start = performance.now();
        await page.goto(`${site.base}/`);
        await page.getByRole('heading', { name: 'sample' }).waitFor();
        measured[kind].push(performance.now() - start);
        await context.close();
      }
    }
    for (const [kind, times] of Object.entries(measured)) {
      const sorted = times.map(Math.round).sort((a, b) => a - b);
      console.log(`first view of a site from loopback, ${kind}: ${sorted[2]} ms (median of ${sorted.join(', ')})`);
      expect(sorted).toHaveLength(5);
    }
  });

  it('fetches the pieces that a neuron’s rows lie in, and each once', async () => {
    const one = await piecesOf('sample', '/api/models/sample/neurons/4/100?normalize=cosine');
    // The header with the tokenizer and E are 12 of its 24 MB, and each tensor of the layer lies in one or two pieces.
    expect(one.length).toBeLessThan(18);
    expect(new Set(one.map(([, times]) => times))).toEqual(new Set([1]));
  });

  it('works without a connection after the first visit, and empties what it keeps', async () => {
    const { page } = await openExplorer(browser as Browser, site, '/m/sample/neuron/4/100?normalize=cosine');
    const shown = await valueTable(page);
    // The rest is fetched while nobody asks.
    await expect.poll(() => pieces().length, { timeout: 90_000 }).toBeGreaterThanOrEqual(23);
    await page.getByText(/Kept in the browser: 2\d MB/).waitFor();
    await expect
      .poll(() =>
        page.evaluate(
          'caches.keys().then((names) => caches.open(names[0])).then((c) => c.keys()).then((k) => k.length)',
        ),
      )
      .toBeGreaterThan(60);
    await page.context().setOffline(true);
    await page.reload();
    expect(await valueTable(page)).toEqual(shown);
    await page.goto(`${site.base}/m/sample/head/1/5?matrix=vo`);
    await page.getByRole('table').locator('tbody tr').nth(9).waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'empty it' }).click();
    await page.getByText('Kept in the browser: 0.0 MB').waitFor();
    await page.context().close();
  });
});

const models = process.env.WEIGHTSCOPE_MODELS;
const smollm2 = models && join(models, 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');

describe.skipIf(!browser || !smollm2)(`a site of 98 MB${smollm2 ? '' : ' (skipped: set WEIGHTSCOPE_MODELS)'}`, () => {
  it('is not read whole for a neuron with cosine', async () => {
    const path = '/api/models/SmolLM2-135M-Instruct.Q4_1.gguf/neurons/28/100?normalize=cosine';
    const sent = await piecesOf(smollm2!, path);
    console.log(`a neuron of 98 MB with cosine: ${sent.length} MiB in pieces`);
    expect(sent.length).toBeLessThan(50);
  });
});
