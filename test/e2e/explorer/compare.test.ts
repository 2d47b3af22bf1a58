import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../../src/cli/output/html.ts';
import { renderMarkdown } from '../../../src/cli/output/text.ts';
import { diffReport } from '../../../src/cli/report/diff.ts';
import { alignModels, diffModels, openModel, readHeadChange } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  documentPicture,
  type Explorer,
  keepPicture,
  openExplorer,
  startExplorer,
} from '../../explorer.ts';
import { root } from '../../packed.ts';

/** The Compare page: a second model by a click, and what changed, head by head and aligned, from both's weights. */

const browser = await launchChromium();
const at = (path: string) => join(root, 'test/fixtures', path);
const [ONE, TWO] = [at('compare/one'), at('compare/two')];
const [BASE, ADAPTER] = [at('adapters/lora-patterns/base'), at('adapters/lora-patterns/adapter')];
const QUANTISED = [at('quantised/llama_gptq'), at('quantised/llama_bnb_nf4')];
let explorer: Explorer;

beforeAll(async () => {
  if (browser) explorer = await startExplorer(ONE, BASE, QUANTISED[0]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
});

async function look(
  path: string,
  see: (page: Page, problems: string[]) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const { page, problems } = await openExplorer(browser as Browser, explorer, path, options);
  try {
    await see(page, problems);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

async function cells(page: Page, table: string): Promise<string[][]> {
  const rows = page.getByRole('table', { name: table, exact: true }).locator('tbody tr');
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
}

async function open(page: Page, place: string): Promise<void> {
  await page.getByText('open another model as b').click();
  await page.getByRole('textbox', { name: /Open a path/ }).fill(place);
  await page.getByRole('button', { name: 'open', exact: true }).click();
}

/** Looks at a view on a phone, a tablet and a desk, in light and dark. */
async function pictures(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [390, 1024, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      // Drawings take their new width only after the page has its own.
      const wider = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
      await expect.poll(wider, { message: `${name} at ${width}` }).toBe(0);
      await keepPicture(page, `${name}-${width}-${colorScheme}`);
    }
    expect(await accessibilityProblems(page)).toEqual([]);
  }
}

// Six pictures and two runs of axe-core take their time where other work keeps the machine busy.
describe.skipIf(!browser)(`comparing live${browser ? '' : NO_CHROMIUM}`, { timeout: 400_000 }, () => {
  it('opens an adapter of the first model by its folder, and says what changed as diffModels does', async () => {
    const [base, tuned] = [await openModel(BASE), await openModel(BASE, { adapter: ADAPTER })];
    const diff = await diffModels(base, tuned, { k: 8, neurons: 24, heads: 8 });
    await look('/compare?a=base&b=one', async (page) => {
      await open(page, ADAPTER);
      await page.waitForURL(/a=base&b=adapter/);
      const changed = diff.parameters.filter(({ verdict }) => verdict === 'changed').length;
      await page.getByText(`${changed} of ${diff.parameters.length} parameters changed`).waitFor();
      const neurons = await cells(page, 'Neurons that changed most');
      const [first] = diff.neurons;
      expect(neurons[0].slice(0, 2)).toEqual([`${first.layer}:${first.neuron}\u00a0· b`, first.part]);
      expect(neurons[0][3]).toBe(first.top.map(({ label }) => label).join(''));
      expect(neurons[0][4]).toBe(first.bottom.map(({ label }) => label).join(''));
      const sizes = await cells(page, 'Sizes of the changes');
      const largest = [...diff.parameters].sort((x, y) => y.relative - x.relative)[0];
      expect(sizes[0][0]).toBe(largest.name.replace('layer.', ''));
      await pictures(page, 'compare-changes');
      await page.setViewportSize({ width: 390, height: 844 });
      const names = page.getByRole('table', { name: 'Sizes of the changes' }).locator('td code');
      const cut = () =>
        names.evaluateAll((all) =>
          all
            .filter((one) => one.getBoundingClientRect().width > one.parentElement!.clientWidth)
            .map((one) => one.textContent),
        );
      await expect.poll(cut, { message: 'a phone shows the names of parameters whole' }).toEqual([]);
      // What was opened once is a click the next time.
      await page.getByRole('list', { name: 'Opened before' }).getByRole('button').first().waitFor();
      await page.setViewportSize({ width: 1360, height: 900 });
      await page.getByRole('button', { name: 'head by head' }).click();
      await page.waitForURL(/show=pairs/);
      const change = page.getByRole('list', { name: 'Change: rose most' }).locator('li');
      await change.first().waitFor();
      const [head] = diff.heads;
      expect(await change.count()).toBe(head.pairs.length);
      expect(await change.first().textContent()).toContain(
        `${head.pairs[0].first.label} → ${head.pairs[0].second.label}`,
      );
      const fell = page.getByRole('list', { name: 'Change: fell most' }).locator('li').first();
      const [lowest] = head.lowest;
      expect(await fell.textContent()).toContain(`${lowest.first.label} → ${lowest.second.label}`);
      await page.getByRole('list', { name: 'before, base: pairs' }).locator('li').nth(7).waitFor();
      await page.getByRole('list', { name: 'after, adapter: pairs' }).locator('li').nth(7).waitFor();
      await pictures(page, 'compare-heads');
      await page.getByRole('group', { name: 'Heads that changed most' }).getByRole('button').nth(1).click();
      await page.waitForURL(/nth=1/);
      const any = await readHeadChange(base, tuned, 0, 1, { matrix: 'qk', k: 8 });
      const form = page.getByRole('form', { name: 'Any head' });
      await form.getByLabel('layer').fill('0');
      await form.getByLabel('head').fill('1');
      await form.getByLabel('matrix').selectOption('qk');
      await form.getByRole('button', { name: 'show' }).click();
      await page.waitForURL(/head=0(:|%3A)1/);
      // The list of the head before has its words too.
      await expect
        .poll(() => change.first().textContent())
        .toContain(`${any.pairs[0].first.label} → ${any.pairs[0].second.label}`);
      await page.getByRole('button', { name: 'what changed' }).click();
      // The report is the command's, of the same answer.
      const served = { ...diff, a: 'base', b: 'adapter' };
      for (const [format, wanted] of [
        ['HTML', renderHtml(diffReport(served))],
        ['Markdown', [...renderMarkdown(diffReport(served))].join('')],
      ] as const) {
        const [saved] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: `report, ${format}: comparison` }).click(),
        ]);
        const text = await readFile(await saved.path(), 'utf8');
        const body = (of: string) => of.slice(of.indexOf('What the change writes'));
        expect(body(text).slice(0, 4000)).toBe(body(wanted).slice(0, 4000));
      }
    });
    await Promise.all([base.close(), tuned.close()]);
  });

  it('begins a model without an atlas with cards that have words, those of heads too', async () => {
    await look('/m/base', async (page) => {
      const cards = page.getByRole('list', { name: 'Begin here' }).getByRole('listitem');
      await expect.poll(() => cards.count()).toBe(4);
      for (const card of await cards.all()) await card.locator('.words .token').first().waitFor();
    });
  });

  it('aligns layers of two models, with the matching that alignModels finds', async () => {
    const [one, two] = [await openModel(ONE), await openModel(TWO)];
    const found = await alignModels(one, two, { kind: 'key', sample: 128, draws: 0 });
    await look('/compare?a=one&show=alignment&kind=key', async (page) => {
      await open(page, TWO);
      await page.waitForURL(/b=two/);
      const matched = await cells(page, 'Matched layers');
      expect(matched.map(([a, b]) => [Number(a), Number(b)])).toEqual(found.matching.map(({ a, b }) => [a, b]));
      expect(await page.locator('.alignment-heat rect').count()).toBe(found.means.flat().length);
      const [row] = found.matching;
      const cell = page.getByRole('button', {
        name: new RegExp(`^layer ${row.a} of one, layer ${row.b} of two: .*matched`),
      });
      await cell.focus();
      await page
        .locator('.heat-look')
        .getByText(/matched$/)
        .waitFor();
      await pictures(page, 'compare-alignment');
      await page.emulateMedia({ colorScheme: 'light' });
      // What was opened is shown by its place on this machine, which is no part of the documents' picture.
      await page.goto(page.url().replace(/&(show|kind)=\w+/g, ''));
      await cells(page, 'Neurons that changed most');
      await documentPicture(page, 'explorer-compare', { height: 900 });
    });
    await Promise.all([one.close(), two.close()]);
  });

  it('says of two quantised copies which words went, as diffModels does, layer by layer and neuron by neuron', async () => {
    const [gptq, nf4] = await Promise.all(QUANTISED.map((place) => openModel(place)));
    const { words } = await diffModels(gptq, nf4, { k: 8, neurons: 24, heads: 8 });
    const { layers, moved } = words!;
    await look('/compare?a=llama_gptq&b=one', async (page) => {
      await open(page, QUANTISED[1]);
      await page.waitForURL(/b=llama_bnb_nf4/);
      const shares = await cells(page, 'Words that stayed, by layer');
      expect(shares).toHaveLength(new Set(layers.map(({ layer }) => layer)).size);
      const kept = (part: string) => layers.find((one) => one.layer === 0 && one.part === part)!.steps[0].kept;
      const shown = shares[0].filter((cell) => cell !== '');
      expect(shown[0]).toBe('0');
      for (const [i, part] of ['key', 'up', 'value'].entries())
        expect(Number.parseFloat(shown[i + 1])).toBeCloseTo(100 * kept(part), 0);
      const listed = await cells(page, 'Neurons whose words moved most');
      expect(listed).toHaveLength(moved.length);
      const [[before, after]] = moved.map((one) => one.words);
      expect(listed[0].slice(3)).toEqual([before, after].map((of) => of.map(({ label }) => label).join('')));
      // Words that the other list has not are coloured, in both lists.
      const went = before.filter(({ id }) => !after.some((one) => one.id === id)).length;
      const first = page.getByRole('table', { name: 'Neurons whose words moved most' }).locator('tbody tr').first();
      for (const tone of ['opposite', 'write']) expect(await first.locator(`.words > .${tone}`).count()).toBe(went);
      await pictures(page, 'compare-quantised');
    });
    await Promise.all([gptq.close(), nf4.close()]);
  });

  it('opens another model from the page of the first, and shows it', async () => {
    const { page } = await openExplorer(browser as Browser, explorer, '/m/base');
    await page.getByRole('link', { name: 'open another model' }).click();
    await page.getByText('weightscope explore MODEL').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('textbox', { name: /Open a path/ }).fill(TWO);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/m/two');
    await page.getByRole('heading', { name: 'two' }).waitFor();
    await page.context().close();
  });

  it('says in a sentence what cannot be opened, and goes on', async () => {
    const { page } = await openExplorer(browser as Browser, explorer, '/compare?a=one&b=base');
    await open(page, '/nowhere/at/all');
    await page.getByRole('alert').getByText('/nowhere/at/all').waitFor();
    expect(await page.getByRole('list', { name: 'Opened before' }).count()).toBe(0);
    await page.getByRole('textbox', { name: /Open a path/ }).fill(TWO);
    await page.keyboard.press('Enter');
    await page.waitForURL(/b=two/);
    await page.context().close();
  });
});
