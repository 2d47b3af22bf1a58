import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, readNeuron } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { accessibilityProblems, documentPicture, keepPicture, openExplorer, startSite } from '../../explorer.ts';
import { FakeHub } from '../../fake-hub.ts';
import { root } from '../../packed.ts';
import { serveFolder } from '../../serve.ts';

/** The open page: a hub id, an address, files that are dropped; and what leaves the machine then. */

const SAMPLE = join(root, 'models/sample.gguf');
/** The model's page has statistics of all layers, which read it whole: once, and a little more for its header. */
const MOST_BYTES = 1.15 * statSync(SAMPLE).size;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
// Nothing but this machine can be reached, whoever asks.
const browser = await launchChromium(['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']);
let hub: FakeHub;
let site: Awaited<ReturnType<typeof startSite>>;

beforeAll(async () => {
  if (!browser) return;
  const files = { 'sample.gguf': { bytes: readFileSync(SAMPLE), lfs: true } };
  hub = await FakeHub.start({
    'org/open': { commit: COMMIT, files },
    'org/gated': { commit: COMMIT, files, gated: 'hf_secret' },
  });
  hub.cors = true;
  site = await startSite([], { HF_ENDPOINT: hub.url });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([hub?.stop(), site?.stop()]);
});

/** A page that may reach the site and, as any page may, other hosts of this machine. */
async function withPage(see: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const { page } = await openExplorer(browser as Browser, site, '/', options);
  await page.context().unroute('**/*');
  try {
    await page.getByText('Nothing of your files leaves this machine').waitFor();
    await see(page);
  } finally {
    await page.context().close();
  }
}

/** Gives the page a file as a person drops it. */
async function drop(page: Page, file: string): Promise<void> {
  await page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'given', hidden: true });
    document.body.append(input);
  });
  await page.locator('#given').setInputFiles(file);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add((document.querySelector('#given') as HTMLInputElement).files![0]);
    document.querySelector('.drop')!.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
  });
}

/** A file or a folder from outside the browser, as a person drags it: only so has a folder its files with it. */
async function drag(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const box = (await page.locator('.drop').boundingBox())!;
  const at = { x: box.x + box.width / 2, y: box.y + 8 };
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...at, data });
  await session.detach();
}

async function expectNeuron(page: Page, id: string, of: string, layer: number, neuron: number): Promise<void> {
  const model = await openModel(of);
  const { parts } = await readNeuron(model, layer, neuron, { k: 10, normalize: 'cosine' });
  await page.goto(`${site.base}/m/${id}/neuron/${layer}/${neuron}?normalize=cosine`);
  const rows = page.getByRole('table', { name: 'Value, top tokens', exact: true }).locator('tbody tr');
  await rows.nth(9).waitFor();
  const labels = await rows.evaluateAll((all) => all.map((row) => row.children[0].textContent));
  expect(labels.slice(0, 10)).toEqual(parts.value!.top.map(({ label }) => label));
}

describe.skipIf(!browser)(`the open page${browser ? '' : NO_CHROMIUM}`, () => {
  for (const [threads, options] of [
    ['with threads', {}],
    ['without threads', { serviceWorkers: 'block' }],
  ] as const) {
    it(`reads a GGUF that is dropped, ${threads}, and sends nothing of it`, async () => {
      await withPage(async (page) => {
        expect(await page.evaluate('crossOriginIsolated')).toBe(threads === 'with threads');
        const sent: string[] = [];
        page.context().on('request', (request) => {
          if (request.method() !== 'GET' || request.postDataBuffer()) sent.push(request.url());
          if (!request.url().startsWith(site.origin) && !request.url().startsWith('blob:')) sent.push(request.url());
        });
        await drop(page, SAMPLE);
        await page.waitForURL('**/m/sample.gguf');
        await expectNeuron(page, 'sample.gguf', SAMPLE, 4, 100);
        expect(await page.getByText(', on one thread').count()).toBe(threads === 'with threads' ? 0 : 1);
        expect(sent).toEqual([]);
      }, options);
    });
  }

  it('reads a folder that is dropped, with what lies beside it', async () => {
    const folder = join(root, 'test/fixtures/lexi');
    await withPage(async (page) => {
      await drag(page, folder);
      await page.waitForURL('**/m/lexi');
      await expectNeuron(page, 'lexi', folder, 1, 3);
    });
  });

  it('stops what is cancelled, and answers what is asked next', async () => {
    await withPage(async (page) => {
      await drop(page, SAMPLE);
      await page.waitForURL('**/m/sample.gguf');
      await page.goto(`${site.base}/m/sample.gguf/head/1/5?normalize=cosine`);
      const nulls = page.getByText(/^Measuring the head against its nulls/);
      await nulls.getByRole('button', { name: 'cancel' }).click();
      await page.getByText('Measuring the head against its nulls was cancelled.').waitFor();
      await expectNeuron(page, 'sample.gguf', SAMPLE, 4, 100);
    });
  });

  it('is a page that everybody can use, and says what is wrong with a file', async () => {
    await withPage(async (page) => {
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, 'site-open', false);
      await documentPicture(page, 'site-open');
      await drop(page, join(root, 'package.json'));
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('package.json');
      await page.getByRole('textbox', { name: /^A hub id/ }).fill('org/none');
      await page.getByRole('button', { name: 'open', exact: true }).click();
      await page.getByText('check the spelling').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    });
  });

  it('reads a model of the hub by ranges, and opens it again when the page is loaded anew', async () => {
    await withPage(async (page) => {
      hub.log.length = 0;
      await page.getByRole('textbox', { name: /^A hub id/ }).fill('org/open');
      await page.getByRole('textbox', { name: /^A hub id/ }).press('Enter');
      await page.waitForURL('**/m/open');
      await expectNeuron(page, 'open', SAMPLE, 4, 100);
      const parts = hub.log.filter(({ server, method }) => server === 'cdn' && method === 'GET');
      expect(new Set(parts.map(({ status }) => status))).toEqual(new Set([206]));
      const bytes = parts.map(({ headers }) => /=(\d+)-(\d+)/.exec(headers.range!)!.slice(1).map(Number));
      expect(bytes.reduce((sum, [start, end]) => sum + end + 1 - start, 0)).toBeLessThan(MOST_BYTES);
      await page.reload();
      await page.getByRole('table', { name: 'Value, top tokens', exact: true }).waitFor();
    });
  });

  it('says how many bytes came for a model that is opened, and stops when that is cancelled', async () => {
    await withPage(async (page) => {
      hub.faults.push({ silentAfter: 400_000 });
      const field = page.getByRole('textbox', { name: /^A hub id/ });
      await field.fill('org/open');
      await field.press('Enter');
      await page.getByText(/^Opening org\/open … 0\.4 MB came so far/).waitFor();
      await keepPicture(page, 'site-opening', false);
      await page.getByRole('button', { name: 'cancel' }).click();
      await page.getByText(/^Opening/).waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(page.url()).toMatch(/#\/open$/);
      await field.press('Enter');
      await page.waitForURL('**/m/open');
    });
  });

  it('sends a token to the hub’s origin alone', async () => {
    await withPage(async (page) => {
      hub.log.length = 0;
      await page.getByRole('textbox', { name: /^A hub id/ }).fill('org/gated');
      await page.getByText('for a private or gated model').click();
      await page.getByLabel(/^Token/).fill('hf_secret');
      await page.getByRole('button', { name: 'open', exact: true }).click();
      await page.waitForURL('**/m/gated');
      const told = hub.log.filter(({ headers }) => headers.authorization !== undefined);
      expect(new Set(told.map(({ server }) => server))).toEqual(new Set(['hub']));
      const carried = hub.log.filter(({ server, method }) => server === 'cdn' && method === 'GET');
      expect(carried.length).toBeGreaterThan(0);
      const kept = await page.evaluate('JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])');
      expect(kept).not.toContain('hf_secret');
    });
  });

  it('reads an address by ranges, from a link', async () => {
    const other = await serveFolder(join(root, 'models'), {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'content-range, etag',
    });
    try {
      await withPage(async (page) => {
        await page.goto(`${site.base}/open?place=${encodeURIComponent(`${other.url}/sample.gguf`)}`);
        await page.waitForURL('**/m/sample.gguf');
        await expectNeuron(page, 'sample.gguf', SAMPLE, 2, 7);
        expect(other.sent('sample.gguf')).toBeLessThan(MOST_BYTES);
      });
    } finally {
      await other.close();
    }
  });
});

const models = process.env.WEIGHTSCOPE_MODELS;
const smollm2 = models && join(models, 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');

describe.skipIf(!browser || !smollm2)(`SmolLM2${smollm2 ? '' : ' (skipped: set WEIGHTSCOPE_MODELS)'}`, () => {
  it.each([
    ['with threads', {}],
    ['without threads', { serviceWorkers: 'block' }],
  ] as const)('is read when it is dropped on the page, %s', async (_, options) => {
    await withPage(async (page) => {
      await drop(page, smollm2!);
      await page.waitForURL('**/m/SmolLM2-135M-Instruct.Q4_1.gguf');
      await expectNeuron(page, 'SmolLM2-135M-Instruct.Q4_1.gguf', smollm2!, 28, 100);
    }, options);
  });
});
