import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, readHeadRow } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  documentPicture,
  type Explorer,
  keepPicture,
  openExplorer,
  startServer,
  startSite,
} from '../../explorer.ts';

/** What is given away: pins with their notes, and cards in pages of other hosts. */

const browser = await launchChromium();
let server: Explorer;
let site: Explorer;
/** A page of another host with a frame of the address in its query. */
const other = createServer(({ url }, response) => {
  const shown = new URL(url!, 'http://localhost').searchParams.get('shown')!;
  response.setHeader('content-type', 'text/html');
  response.end(
    `<title>a blog</title><iframe width="620" height="640" src="${shown.replaceAll('&', '&amp;')}"></iframe>`,
  );
});
beforeAll(async () => {
  if (!browser) return;
  [server, site] = await Promise.all([startServer('sample'), startSite(['sample'])]);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), site?.stop()]);
  other.close();
});

const pins = (page: Page) => page.locator('.board > li').evaluateAll((all) => all.map(({ ariaLabel }) => ariaLabel));
const saved = async (page: Page, button: string): Promise<string> => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe.skipIf(!browser)(`sharing${browser ? '' : NO_CHROMIUM}`, () => {
  it('pins on a board that is noted on, moved, saved, emptied and imported again', async () => {
    const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample/neuron/0/381');
    for (const place of ['neuron/0/381', 'head/1/5']) {
      await page.goto(`${server.base}/m/sample/${place}`);
      await page.getByRole('button', { name: 'pin', exact: true }).click();
    }
    await page.getByRole('link', { name: 'board (2)' }).click();
    await page.getByLabel('Note on neuron 0:381').fill('British <b>spellings</b>');
    await page.reload();
    await expect.poll(() => pins(page)).toEqual(['neuron 0:381', 'head 1:5']);
    expect(await page.getByLabel('Note on neuron 0:381').inputValue()).toBe('British <b>spellings</b>');
    await page
      .getByRole('table', { name: /^head 1:5/ })
      .first()
      .waitFor();
    await page
      .getByRole('table', { name: /^neuron 0:381/ })
      .first()
      .waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepPicture(page, 'board');
    await page.locator('.board > li').nth(1).press('Alt+ArrowUp');
    await expect.poll(() => pins(page)).toEqual(['head 1:5', 'neuron 0:381']);

    const [markdown, html, json] = [
      await saved(page, 'Markdown'),
      await saved(page, 'HTML'),
      await saved(page, 'JSON'),
    ];
    expect(markdown).toContain('·organisations');
    expect(html).toContain('British &lt;b&gt;spellings&lt;/b&gt;');
    expect(html).not.toMatch(/token=|<script|src="http/);
    for (const name of ['head 1:5', 'neuron 0:381']) await page.getByRole('button', { name: `Remove ${name}` }).click();
    await expect.poll(() => pins(page)).toEqual([]);
    await page
      .getByLabel('A board as JSON')
      .setInputFiles({ name: 'board.json', mimeType: 'application/json', buffer: Buffer.from(json) });
    await page.getByText('Imported.').waitFor();
    await expect.poll(() => pins(page)).toEqual(['head 1:5', 'neuron 0:381']);
    await page
      .getByLabel('A board as JSON')
      .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
    await expect.poll(() => page.getByRole('status').allTextContents()).toContainEqual(expect.stringMatching(/board/));
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('has a link to one pair of a head, listed or not, which shows it lit, on the board and as a card', async () => {
    const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample/head/1/5?matrix=vo&beyond=75');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'copy link to ·usually → ·even' }).click();
    await page.getByText('link copied').waitFor();
    const link = await page.evaluate('navigator.clipboard.readText()');
    expect(link).toMatch(/^http.*\/m\/sample\/head\/1\/5\?matrix=vo&beyond=75&pair=\d+-\d+$/);

    await page.goto(link as string);
    const said = page.getByRole('group', { name: 'Pair', exact: true });
    await expect.poll(() => said.textContent()).toMatch(/^VO of the pair ·usually → ·even: 130, 4 of the 200 listed/);
    const lit = page.getByRole('table', { name: 'VO pairs' }).locator('tr[aria-current=true]');
    expect(await lit.textContent()).toMatch(/^4·usually→·even/);
    expect(await page.locator('.drawing path[data-met]').textContent()).toBe('·usually → ·even  130');
    expect(await page.locator('.row-heading').textContent()).toContain('·usually');
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepPicture(page, 'pair');
    await documentPicture(page, 'explorer-pair');
    await page.getByRole('button', { name: 'pin', exact: true }).click();
    await page.getByRole('link', { name: 'board (1)' }).click();
    await page.getByRole('heading', { name: 'head 1:5: ·usually → ·even' }).waitFor();
    await page.getByRole('link', { name: 'whole page' }).click();
    await expect.poll(() => page.url()).toMatch(/\/head\/1\/5\?.*pair=\d+-\d+/);

    // One that stands in no list, beside what the library gives.
    const row = await readHeadRow(await openModel('sample'), 1, 5, 'qk', 3261, { other: 100 });
    await page.goto(`${server.base}/m/sample/head/1/5?pair=3261-100`);
    const words = `${row.token.label} → ${row.top[0]!.label}`;
    await expect
      .poll(() => said.textContent())
      .toContain(`${words}: ${row.top[0]!.score.toPrecision(3).replace('-', '−')}`);
    expect(await said.textContent()).toContain('not among the listed');
    await page.getByRole('button', { name: 'leave it' }).click();
    await expect.poll(() => page.url()).not.toContain('pair=');
    expect(problems).toEqual([]);
    await page.goto(`${server.base}/m/sample/head/1/5?pair=3261-9999999&embed=1`);
    await page.getByText('got 9999999').waitFor();

    const frame = await openExplorer(browser as Browser, site, '/m/sample/head/1/5?pair=3261-100&embed=1');
    await frame.page.getByRole('heading', { name: `head 1:5: ${words}` }).waitFor();
    expect(await frame.page.locator('tr[aria-current=true]').textContent()).toContain(words);
    await keepPicture(frame.page, 'pair-card');
    expect(frame.problems).toEqual([]);
    await page.context().close();
    await frame.page.context().close();
  });

  it('shows a card of a site in a frame of another host, of a server in none', async () => {
    const context = await (browser as Browser).newContext({ viewport: { width: 700, height: 700 } });
    context.setDefaultTimeout(90_000);
    const page = await context.newPage();
    const blog = `http://localhost:${(other.address() as AddressInfo).port}`;
    const show = (address: string) => page.goto(`${blog}/?shown=${encodeURIComponent(address)}`);
    await show(`${site.base}/m/sample/neuron/0/381?embed=1`);
    const card = page.frameLocator('iframe');
    await card.getByText('·organisations').first().waitFor();
    expect(await card.getByRole('navigation').count()).toBe(0);
    expect(await card.getByRole('link').allTextContents()).toEqual(['the whole page in weightscope']);
    await keepPicture(page, 'card-framed');
    await page.goto(`${site.base}/m/sample/neuron/0/381?embed=1`);
    await page.getByText('·organisations').first().waitFor();
    await documentPicture(page, 'embed-neuron', { width: 620, height: 624 });
    await show(`${server.base}/m/sample/neuron/0/381?embed=1`);
    await expect.poll(() => page.frames().at(-1)!.url()).toMatch(/^chrome-error:/);
    await context.close();
  });
});
