import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIFFERENT_WORDS, EXAMPLES, LESSON } from '../../../src/guide/lesson.ts';
import { openModel, readHead, readNeuron } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { accessibilityProblems, type Explorer, openExplorer, startExplorer } from '../../explorer.ts';
import { root } from '../../packed.ts';

/** What the page says of itself to who sees it for the first time. */

const browser = await launchChromium();
const model = await openModel('sample');
let explorer: Explorer;

beforeAll(async () => {
  if (browser) explorer = await startExplorer('sample');
});
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
});

async function look(path: string, see: (page: Page) => Promise<void>): Promise<void> {
  const { page, problems } = await openExplorer(browser as Browser, explorer, path);
  try {
    await see(page);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

describe.skipIf(!browser)(`the page explains itself${browser ? '' : NO_CHROMIUM}`, () => {
  it('begins with four examples of the lesson as cards with words, above the grids', async () => {
    await look('/', async (page) => {
      const cards = page.getByRole('list', { name: 'Begin here' });
      const { parts } = await readNeuron(model, 0, 381, { k: 5 });
      await cards.getByText(parts.value!.top[0]!.label).first().waitFor();
      const { vo } = await readHead(model, 5, 2, {
        matrices: ['vo'],
        k: 1,
        excludeSame: true,
        filters: { onlyAlnum: true },
      });
      const { first, second } = vo!.pairs[0]!;
      await cards.getByText(`${first.label} → ${second.label}`).waitFor();
      expect(await cards.getByRole('link').locator('b').allTextContents()).toEqual(
        EXAMPLES.slice(0, 4).map(({ title }) => title),
      );
      const grid = page.getByRole('group', { name: /^Heads by layer/ });
      expect((await cards.boundingBox())!.y).toBeLessThan((await grid.boundingBox())!.y);
    });
  });

  it.each([
    ['nations', 'vo'],
    ['more than', 'qk'],
  ] as const)('shows behind the card %j the pairs that the card and the lesson promise', async (title, matrix) => {
    const { layer, index } = EXAMPLES.find((example) => example.title === title) as { layer: number; index: number };
    const { onlyAlnum, ...different } = DIFFERENT_WORDS[matrix];
    const read = { matrices: [matrix], k: 12, ...different, filters: { onlyAlnum } };
    const promised = (await readHead(model, layer, index, read))[matrix]!.pairs;
    await look('/', async (page) => {
      const card = page.getByRole('list', { name: 'Begin here' }).getByRole('link', { name: title });
      const first = ({ first, second }: (typeof promised)[number]) => `${first.label} → ${second.label}`;
      await card.getByText(first(promised[0]!)).waitFor();
      await card.click();
      const rows = page.getByRole('table', { name: /pairs/i }).getByRole('row');
      for (const [i, { first, second }] of promised.entries()) {
        const text = async () => (await rows.nth(i + 1).innerText()).split(/\s+/);
        await expect.poll(text, { timeout: 60_000 }).toEqual(expect.arrayContaining([first.label, second.label]));
      }
    });
  });

  it.each([
    ['/m/sample', undefined],
    ['/m/sample/neuron/0/381', '·Australian'],
    ['/m/sample/head/1/5?matrix=qk', '·than'],
    ['/m/sample/token/4197', undefined],
    ['/m/sample/token?q=king', '·king'],
    ['/m/sample/vector?x=tok:%22%20king%22', '·king'],
    ['/m/sample/search?q=king', undefined],
    ['/m/sample/circuit', undefined],
    ['/m/sample/map', undefined],
    ['/compare', undefined],
    ['/board', undefined],
    ['/open', undefined],
  ])('says on %s what one looks at, with a drawing and its own words', async (path, word) => {
    await look(path, async (page) => {
      const explained = page.locator('details.what-is-this');
      await explained.getByText('What am I looking at?').click();
      await explained.getByRole('img', { name: /^A row of weights is compared with every word/ }).waitFor();
      if (word) await explained.getByText(word, { exact: true }).first().waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    });
  });

  it('has the lesson, keys, docs and glossary behind ?, and meanings under dotted words', async () => {
    await look('/m/sample/neuron/0/381', async (page) => {
      await page.getByRole('table', { name: 'Value, top tokens' }).waitFor();
      await page.getByText('What am I looking at?').click();
      expect(await page.locator('abbr.term', { hasText: 'key' }).first().getAttribute('title')).toMatch(
        /reads|answers/,
      );
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Help' });
      await help.getByText(LESSON.how).waitFor();
      for (const text of ['go anywhere by typing', 'docs/start.md', 'residual stream'])
        await help.getByText(text).first().waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      const links = await help.getByRole('link', { name: /^docs\// }).all();
      expect(links.length).toBeGreaterThan(3);
      for (const link of links) {
        const opened = page.context().waitForEvent('page');
        await link.click();
        const doc = await opened;
        const file = readFileSync(join(root, (await link.textContent())!), 'utf8');
        await doc.waitForLoadState();
        expect((await doc.locator('body').innerText()).trim()).toBe(file.trim());
        await doc.close();
      }
      const names = help.locator('dt').filter({ hasText: /^docs\/|^weightscope/ });
      expect(await names.count()).toBeGreaterThan(3);
      for (const height of await names.evaluateAll((all) => all.map((one) => one.clientHeight)))
        expect(height, 'no name is broken in two').toBeLessThan(30);
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Help' }).click();
      await help.waitFor();
    });
  });

  it('leads from a model, a neuron and an expression to the map of all words', async () => {
    const leads = async (path: string, name: string, to: string): Promise<void> =>
      look(path, async (page) => {
        const link = page.getByRole('link', { name, exact: true });
        await link.waitFor();
        expect(decodeURIComponent((await link.getAttribute('href'))!.replaceAll('+', ' '))).toContain(to);
      });
    await leads('/m/sample', 'on a map', '/m/sample/map');
    await leads('/m/sample/neuron/0/381?part=key', 'among all words', '/m/sample/map?x=ff:0:381.key');
    await leads('/m/sample/vector?x=tok:%22%20king%22', 'among all words', '/m/sample/map?x=tok:" king"');
  });

  it('calls the window by its place', async () => {
    await look('/m/sample/head/5/2', async (page) => {
      await expect.poll(() => page.title()).toBe('head 5:2 · sample · weightscope');
      await page.getByRole('link', { name: 'Token', exact: true }).click();
      await expect.poll(() => page.title()).toBe('token · sample · weightscope');
    });
  });

  it('shows a direction as a card with two ends, what is read left and what is written right', async () => {
    await look('/m/sample/head/5/2?matrix=vo', async (page) => {
      const card = page.getByRole('list', { name: 'Singular directions as words' }).getByRole('listitem').first();
      await card.waitFor();
      const sides = card.locator('.direction-end p');
      const classes = await sides.evaluateAll((all) => all.map((one) => one.className));
      expect(classes).toEqual(['read', 'write', 'opposite', 'opposite']);
      const left = await sides.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
      expect(left[0]).toBeLessThan(left[1]!);
      const colours = await sides.evaluateAll((all) =>
        all.map((one) => getComputedStyle(one.querySelector('a')!).color),
      );
      expect(new Set(colours).size).toBe(3);
      expect(colours[2]).toBe(colours[3]);
    });
  });
});
