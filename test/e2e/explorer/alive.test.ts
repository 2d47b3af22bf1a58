import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { accessibilityProblems, type Explorer, openExplorer, startExplorer } from '../../explorer.ts';

/**
 * Waits, a server that goes and comes back, an atlas that comes while one looks, the history, a pointer that hovers.
 */

const browser = await launchChromium();
let explorer: Explorer;

beforeAll(async () => {
  if (browser) explorer = await startExplorer('sample');
});
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
});

async function open(path: string, see: (page: Page) => Promise<void>): Promise<void> {
  const { page } = await openExplorer(browser as Browser, explorer, path);
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  try {
    await see(page);
    expect(wrong).toEqual([]);
  } finally {
    await page.context().close();
  }
}

/**
 * Chromium without a screen says that nothing hovers, and no setting of it changes that: the page's styles are told
 * otherwise, as the pointer of a desk would.
 */
async function hovering(page: Page): Promise<void> {
  await page.context().route('**/*.css', async (route) => {
    const response = await route.fetch();
    const told = (await response.text())
      .replaceAll(/\(hover: ?none\)/g, '(width: 0px)')
      .replaceAll(/\(hover: ?hover\)/g, '(min-width: 0px)');
    await route.fulfill({ response, body: told });
  });
  await page.reload();
}

describe.skipIf(!browser)(`the page is alive${browser ? '' : NO_CHROMIUM}`, () => {
  it('says when the server is gone, once, and when it is back, and goes on by itself', async () => {
    await open('/m/sample/neuron/4/100', async (page) => {
      await page.getByRole('table', { name: 'Value, top tokens' }).waitFor();
      await page.context().route('**/api/**', (route) => route.abort());
      await page.getByTitle('Divided by both lengths').click();
      await page.getByText('The server does not answer').waitFor();
      expect(await page.getByText('The server does not answer').count()).toBe(1);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.context().unroute('**/api/**');
      await page.getByText('The server is back.').waitFor();
      await page.getByText('Scores are cosines').waitFor();
      await page.getByText('The server is back.').waitFor({ state: 'detached' });
    });
  });

  it('goes on to another page while everything that was asked for is still awaited', async () => {
    const { page } = await openExplorer(browser as Browser, explorer, '/m/sample/vector');
    const held: string[] = [];
    // A model of a size at which each answer takes minutes. A browser keeps six connections to one server.
    await page.context().route(/api\/models\/sample\//, (route) => {
      held.push(route.request().url());
      page.once('close', () => void route.abort());
    });
    await page.getByRole('link', { name: 'Model', exact: true }).click();
    await page.getByRole('list', { name: 'Begin here' }).waitFor();
    await expect.poll(() => held.length).toBeGreaterThan(2);
    await page.waitForLoadState('domcontentloaded');
    expect(held.length).toBeLessThan(6);
    await page.getByRole('link', { name: 'Neuron', exact: true }).click();
    await page.getByRole('heading', { name: 'Neuron', level: 1 }).waitFor();
    await page.context().close();
  });

  it('says of a card on the first page that it is being read', async () => {
    const { page } = await openExplorer(browser as Browser, explorer, '/m/sample/vector');
    const held = new Set<Route>();
    await page.context().route(/api\/models\/sample\/(neurons|heads)\//, (route) => void held.add(route));
    await page.getByRole('link', { name: 'Model', exact: true }).click();
    const cards = page.getByRole('list', { name: 'Begin here' }).getByRole('listitem');
    await expect.poll(() => cards.filter({ hasText: 'reading …' }).count()).toBe(4);
    await page.context().unroute(/api\/models\/sample\/(neurons|heads)\//);
    for (const route of held) void route.continue();
    await cards.filter({ hasText: 'more → ·than' }).waitFor();
    await expect.poll(() => cards.filter({ hasText: 'reading …' }).count()).toBe(0);
    await page.context().close();
  });

  it('shows how far an atlas is, and takes its data when it is there', async () => {
    await open('/m/sample/search?q=king', async (page) => {
      // What both answers say changes at one moment: between two routes the page would hear the server itself.
      let change: object = { building: { done: 0.71, what: 'heads of layer 3' } };
      await page.context().route('**/api/models', async (route) => {
        const response = await route.fetch();
        const all = (await response.json()) as { models: object[] };
        await route.fulfill({ response, json: { ...all, models: all.models.map((one) => ({ ...one, ...change })) } });
      });
      await page.context().route('**/api/models/sample', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...((await response.json()) as object), ...change } });
      });
      await page.reload();
      await page.getByText(/heads of layer 3.*71 %/).waitFor();
      await page.getByText('The atlas that is searched here is being made').waitFor();
      change = { building: { done: 0.83, what: 'heads of layer 4' } };
      await page.getByText(/heads of layer 4.*83 %/).waitFor();
      let searched = 0;
      await page.context().route('**/atlas/search?*', async (route) => {
        searched++;
        await route.fulfill({ json: { neurons: [], heads: [], terms: [], notes: [] } });
      });
      const part = { tables: [], settings: { what: ['neurons'] } };
      change = { building: { done: 0.84, what: 'heads of layer 4' }, atlas: part };
      await page.getByText('Nothing has these words among its best').waitFor();
      expect(searched).toBe(1);
      await page.getByRole('button', { name: 'heads that copy it' }).click();
      await page.getByText('Heads are still being read').waitFor();
      expect(searched).toBe(1);
      change = { building: null, atlas: { tables: [], settings: { what: ['neurons', 'heads'] } } };
      await page.getByText('Nothing has these words among its best').waitFor();
      expect(searched).toBe(2);
      expect(await page.getByText('The atlas is being made').count()).toBe(0);
    });
  });

  it('shows a bar and a clock beside a long wait, stops it on Cancel, and starts it again', async () => {
    await open('/m/sample', async (page) => {
      let asked = 0;
      await page.context().route(/heads\/1\/5\/heat/, async () => {
        asked++;
      });
      // Nor is the server kept busy by what comes last.
      await page.context().route(/heads\/1\/5\/statistics/, () => undefined);
      await page.goto(`${explorer.base}/m/sample/head/1/5?matrix=qk`);
      const heat = page.getByRole('region', { name: /^Heat map/ });
      await heat.getByRole('progressbar', { name: 'Reading the strongest tokens' }).waitFor();
      await heat.getByRole('button', { name: 'cancel' }).waitFor();
      await heat.getByText(/\d s/).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await heat.getByRole('button', { name: 'cancel' }).click();
      await heat.getByText('Reading the strongest tokens was cancelled.').waitFor();
      // What comes after it is not held up.
      await page.getByRole('list', { name: 'Singular directions as words' }).waitFor();
      await page.context().unroute(/heads\/1\/5\/heat/);
      await heat.getByRole('button', { name: 'start again' }).click();
      await heat.getByText('Down: query token').waitFor();
      expect(asked).toBe(1);
    });
  });

  it('says what is wrong once', async () => {
    await open('/m/sample/head/99/0', async (page) => {
      await page.getByRole('alert').getByText('Expected `layer` to be 0..5, got 99').waitFor();
      await page.waitForLoadState('networkidle');
      expect(await page.getByRole('alert').count()).toBe(1);
    });
  });

  it('undoes a setting on Back, and leads from the menu to something worth seeing', async () => {
    await open('/m/sample/token', async (page) => {
      await page.getByRole('link', { name: 'Neuron', exact: true }).click();
      await page.waitForURL('**/neuron/0/381');
      await page.getByRole('table', { name: 'Value, top tokens' }).waitFor();
      await page.getByTitle('Divided by both lengths').click();
      await page.waitForURL(/normalize=cosine/);
      await page.goBack();
      await page.waitForURL('**/neuron/0/381');
      await page.getByRole('button', { name: 'freq', pressed: true }).waitFor();
      await page.getByRole('link', { name: 'Head', exact: true }).click();
      await page.waitForURL('**/head/5/2?matrix=vo&exclude=same');
    });
  });

  it('keeps the letters that are typed while the address follows those before', async () => {
    await open('/m/sample/token', async (page) => {
      const field = page.getByRole('searchbox', { name: 'A word, or its beginning' });
      await field.waitFor();
      // A letter that comes when the address has the ones before it and the page has not, as on a busy machine.
      await page.evaluate(() => {
        const input = document.querySelector<HTMLInputElement>('input[type=search]')!;
        const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!;
        const follow = history.replaceState;
        history.replaceState = (...state) => {
          follow.apply(history, state);
          history.replaceState = follow;
          set!.call(input, 'kings');
          input.dispatchEvent(new Event('input', { bubbles: true }));
        };
      });
      await field.fill('king');
      await page.waitForURL(/q=kings/);
      expect(await field.inputValue()).toBe('kings');
      await page.getByRole('table', { name: 'Tokens' }).getByText('·kings', { exact: true }).waitFor();
      // Another value is taken over, the reported ones too when they come by the history.
      await page.getByRole('button', { name: 'means nearly this' }).click();
      await page.waitForURL(/by=meaning/);
      await field.fill('queen');
      await page.waitForURL(/q=queen/);
      await page.goBack();
      await expect.poll(() => field.inputValue()).toBe('kings');
    });
  });

  it('goes where Enter says in the palette, though the answer to the last letter comes after it', async () => {
    await open('/m/sample/vector', async (page) => {
      await page.getByRole('heading', { name: 'Expression' }).waitFor();
      const held: Route[] = [];
      await page.context().route('**/resolve?*', (route) => void held.push(route));
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor();
      await page.keyboard.type('4:100');
      await page.keyboard.press('Enter');
      await expect.poll(() => held.some((route) => route.request().url().includes('4%3A100'))).toBe(true);
      await page.context().unroute('**/resolve?*');
      for (const route of held) void route.continue().catch(() => {}); // Those of fewer letters were given up.
      await page.waitForURL('**/m/sample/neuron/4/100');
    });
  });

  it('moves the look line by arrow keys and by a pointer that hovers', async () => {
    await open('/m/sample', async (page) => {
      await hovering(page);
      const line = page.locator('.look-line');
      await page.getByText('Point at a head or a neuron to read it here').waitFor();
      const cell = (place: string) => page.locator(`.head-grid a[aria-label^="head ${place}"]`);
      // What arrives meanwhile moves the page, and another cell is under the pointer: then it goes there again.
      await vi.waitFor(async () => {
        await page.mouse.move(0, 0);
        await cell('2:3').hover();
        await line.getByText('head 2:3').waitFor({ timeout: 2000 });
      }, 60_000);
      // Elsewhere, or the page that scrolls to the focus brings another cell under it.
      await page.mouse.move(0, 0);
      await cell('0:0').focus();
      await line.getByText('head 0:0').waitFor();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      await line.getByText('head 1:1').waitFor();
    });
  });

  it('has no line that says where to point on a phone, even on one that says that it hovers', async () => {
    await open('/m/sample', async (page) => {
      await hovering(page);
      const line = page.locator('.look-line.idle');
      await line.waitFor();
      await page.setViewportSize({ width: 390, height: 844 });
      await line.waitFor({ state: 'hidden' });
    });
  });

  it('has cells in the heat map that say their pair to a pointer and lead to its row', async () => {
    await open('/m/sample/head/1/5?matrix=qk', async (page) => {
      const heat = page.getByRole('region', { name: /^Heat map/ });
      const cell = heat.locator('rect[data-cell="1:2"]');
      await cell.hover();
      const name = (await cell.getAttribute('aria-label'))!;
      const [first] = name.split(' → ');
      await heat.locator('.heat-look').getByText(first, { exact: true }).waitFor();
      await cell.click();
      await page.getByText(`A query at ${first} looks for`).waitFor();
      await page.waitForURL(/[?&]id=\d+/);
      await cell.focus();
      await page.keyboard.press('ArrowDown');
      const below = (await heat.locator('rect[data-cell="2:2"]').getAttribute('aria-label'))!.split(' → ')[0];
      await heat.locator('.heat-look').getByText(below, { exact: true }).waitFor();
    });
  });
});
