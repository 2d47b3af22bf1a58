import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { buildAtlas, diffAtlases, openModel, readHead } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  asSite,
  documentPicture,
  type Explorer,
  keepPicture,
  openExplorer,
  startExplorer,
  type Watched,
} from '../../explorer.ts';
import { root } from '../../packed.ts';
import { tinyModel } from '../../tiny-model.ts';
import { weightscope } from '../run-cli.ts';

/** Keyboard, accessibility, both colour schemes, a phone, shared addresses, long lists: every page on the sample. */

const browser = await launchChromium();
const model = await openModel('sample');
const folder = mkdtempSync(join(tmpdir(), 'weightscope-explorer-'));
const [before, after] = [join(folder, 'freq'), join(folder, 'none')];
let explorer: Explorer;
let pair: Explorer;

beforeAll(async () => {
  if (!browser) return;
  const words = ['king', ' king', ' queen', ...Array.from({ length: 27 }, (_, i) => ` w${i}`)];
  const options = { top: 20, pairs: 20, columns: 4, engine: referenceEngine() };
  if (process.env.WEIGHTSCOPE_PICTURES) {
    // Pictures are of real words; tests do with what is made at once.
    const build = ['atlas', 'build', 'sample', '--layers', '4', '--what', 'neurons', '--top', '20', '--columns', '4'];
    for (const [to, normalize] of [
      [before, 'freq'],
      [after, 'none'],
    ])
      await weightscope([...build, '-o', to, '--normalize', normalize]);
  } else {
    await buildAtlas(tinyModel({ words, seed: 1 }), before, options);
    await buildAtlas(tinyModel({ words, seed: 2 }), after, options);
  }
  [explorer, pair] = await Promise.all([startExplorer('sample'), startExplorer(before, after)]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
  await pair?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function look(
  path: string,
  see: (page: Page) => Promise<void>,
  { of = explorer, ...options }: { of?: Explorer } & Parameters<Browser['newContext']>[0] = {},
): Promise<void> {
  const { page, problems }: Watched = await openExplorer(browser as Browser, of, path, options);
  try {
    await see(page);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

const WIDTHS = [
  [1440, 900, 'wide'],
  [1024, 768, 'tablet'],
  [390, 844, 'phone'],
] as const;

/** How far down something stands in a page: the lowest edge of its texts and drawings. */
const LOWEST = `Math.max(...[...document.querySelectorAll('main :is(p, li, td, dd, svg, canvas, code)')].map(
  (element) => element.getBoundingClientRect().bottom))`;

/** Every page, what shows that it is there, and the server it is of. */
const PAGES: { name: string; path: string; ready: (page: Page) => Promise<unknown>; of?: () => Explorer }[] = [
  {
    name: 'model',
    path: '/m/sample',
    ready: async (page) => {
      await page.getByRole('group', { name: /^Heads by layer/ }).waitFor();
      await page.getByRole('group', { name: /^Layers of neurons/ }).waitFor();
    },
  },
  {
    name: 'neuron',
    path: '/m/sample/neuron/0/381',
    ready: async (page) => {
      await page.getByRole('table', { name: 'Value, top tokens' }).waitFor();
      await page.getByRole('table', { name: /^Similar|imilar neurons/ }).waitFor();
    },
  },
  {
    name: 'head',
    path: '/m/sample/head/1/5?beyond=75',
    ready: async (page) => {
      await page.getByRole('table', { name: 'QK pairs' }).waitFor();
      await page.getByRole('list', { name: 'Singular directions as words' }).waitFor();
    },
  },
  { name: 'tokens', path: '/m/sample/token?q=king', ready: (page) => page.getByText('"king"').first().waitFor() },
  {
    name: 'token',
    path: '/m/sample/token/4197',
    ready: (page) => page.getByRole('table', { name: 'Nearest tokens' }).waitFor(),
  },
  {
    name: 'vector',
    path: '/m/sample/vector?x=tok:%22%20king%22',
    ready: (page) => page.getByText('queen').first().waitFor(),
  },
  {
    name: 'search',
    path: '/m/freq/search?q=queen',
    ready: (page) => page.getByText(/^\d+ neurons?, .*in order of share/).waitFor(),
    of: () => pair,
  },
  { name: 'compare-one', path: '/compare', ready: (page) => page.getByText('One model is open').waitFor() },
  {
    name: 'compare-atlases',
    path: '/compare?a=freq&b=none',
    ready: (page) =>
      page.getByRole('table', { name: 'Neurons that differ most' }).locator('tbody tr').first().waitFor(),
    of: () => pair,
  },
];

describe.skipIf(!browser)(`the explorer${browser ? '' : NO_CHROMIUM}`, () => {
  it.each(PAGES)('shows $name in both schemes, at three widths, with no finding of axe-core', async (shown) => {
    await look(
      shown.path,
      async (page) => {
        await shown.ready(page);
        expect(await accessibilityProblems(page)).toEqual([]);
        await keepPicture(page, `${shown.name}-light`);
        await documentPicture(page, `explorer-${shown.name}`);
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await accessibilityProblems(page)).toEqual([]);
        await keepPicture(page, `${shown.name}-dark`);
        for (const [width, height, name] of WIDTHS) {
          await page.setViewportSize({ width, height });
          // Drawings take their new width only after the page has its own.
          await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          await keepPicture(page, `${shown.name}-${name}`);
          if (width === 1440)
            expect(await page.evaluate(LOWEST), 'nothing is empty at 1440 x 900').toBeGreaterThan(300);
        }
      },
      { of: shown.of?.() },
    );
  });

  it('cuts no name of a statistic at any width, and no expression from the mark under it', async () => {
    await look('/m/sample/head/5/2?matrix=vo', async (page) => {
      const names = page.getByRole('table', { name: 'Statistics and their nulls' }).locator('td .text');
      await names.filter({ hasText: 'past tense, suppressed beyond copying' }).waitFor();
      for (const [width, height] of WIDTHS) {
        await page.setViewportSize({ width, height });
        await expect
          .poll(() =>
            names.evaluateAll((all) =>
              all
                .filter(
                  (one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.parentElement!.clientHeight,
                )
                .map((one) => one.textContent),
            ),
          )
          .toEqual([]);
        const examples = page.locator('.palette-button .examples');
        const cut = await examples.evaluate((one) => one.scrollWidth > one.clientWidth);
        expect(cut && (await examples.isVisible()), `examples at ${width}`).toBe(false);
      }
    });
    const { page } = await openExplorer(browser!, explorer, '/m/sample/vector?x=haed:0:1.q');
    const shown = page.getByRole('alert').locator('pre');
    await shown.waitFor();
    expect(await shown.evaluate((pre) => getComputedStyle(pre).fontFamily)).toMatch(/mono/);
    await page.context().close();
  });

  it('leads to the map of all words from the menu, which fits a phone', async () => {
    await look('/m/sample/token', async (page) => {
      const menu = page.getByRole('navigation', { name: 'Pages' });
      for (const width of [390, 360, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        const { x, width: wide } = (await menu.boundingBox())!;
        const links = await menu.getByRole('link').all();
        const boxes = await Promise.all(links.map(async (link) => (await link.boundingBox())!));
        expect(Math.max(...boxes.map((box) => box.x + box.width)), `menu at ${width}`).toBeLessThanOrEqual(
          x + wide + 1,
        );
        expect(new Set(boxes.map(({ y }) => y)).size).toBe(1);
      }
      await menu.getByRole('link', { name: 'Map' }).click();
      await page.waitForURL('**/m/sample/map');
    });
  });

  it('goes anywhere by the palette and the keyboard alone', async () => {
    await look('/', async (page) => {
      await page.getByRole('heading', { name: 'sample' }).waitFor();
      const go = async (text: string, option: string | RegExp, url: string): Promise<void> => {
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog', { name: 'Go to' }).waitFor();
        await page.keyboard.type(text);
        await page.getByRole('option', { name: option }).first().waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL(url);
      };
      await go('neuron 4:100', /4:100/, '**/m/sample/neuron/4/100');
      await go('L1H5', /1:5/, '**/m/sample/head/1/5');
      await go('queen', /queen/, '**/m/sample/token/*');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor();
      await page.keyboard.type('head 9:9');
      await page.getByText('The places of sample are neurons 0:0 to 5:1535 and heads 0:0 to 5:8.').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor({ state: 'hidden' });
    });
  });

  it('offers to search for what the palette reads as no place', async () => {
    await look('/', async (page) => {
      await page.getByRole('heading', { name: 'sample' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Go to' }).waitFor();
      await page.keyboard.type('dog cat');
      await page.getByRole('option', { name: 'Search neurons and heads for “dog cat”' }).waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/m/sample/search?q=dog*cat');
    });
  });

  it('goes to the place of an address in the form of a site, and keeps what it says', async () => {
    const path = '/m/sample/neuron/0/381?normalize=cosine';
    await look(asSite() ? path : `/#${path}`, async (page) => {
      await page.getByText('Scores are cosines').waitFor();
      expect(page.url()).toBe(explorer.base + path);
    });
  });

  it('reaches everything by the tab key, in the order of the page', async () => {
    await look('/m/sample/head/1/5?matrix=qk', async (page) => {
      await page.getByRole('table', { name: 'QK pairs' }).waitFor();
      await page.locator('#threshold-slider:enabled').waitFor();
      const names: string[] = [];
      for (let i = 0; i < 45; i++) {
        await page.keyboard.press('Tab');
        names.push((await page.evaluate(NAME_OF_FOCUS)) as string);
      }
      const wanted = [
        'to the content',
        'weightscope',
        'Model',
        'Head, layer and index',
        'VO',
        'QK',
        'threshold-slider',
      ];
      const later = [
        'exclude same',
        'freq',
        'English',
        'row of ·instead',
        'column of than',
        'CSV: drawing of 68 pairs',
      ];
      const places = [...wanted, ...later].map((name) => names.indexOf(name));
      expect(places, names.join(' | ')).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    });
  });

  it('moves the threshold, a drawing’s token and the head by arrow keys', async () => {
    await look('/m/sample/head/1/5?matrix=qk', async (page) => {
      const slider = page.getByRole('slider', { name: 'above' });
      await page.locator('#threshold-slider:enabled').waitFor();
      await slider.focus();
      // All pairs are at the left end, none at the right.
      expect(await slider.getAttribute('aria-valuetext')).toBe('all pairs');
      const still = await slider.boundingBox();
      await page.keyboard.press('End');
      for (let i = 0; i < 5; i++) await page.keyboard.press('PageDown');
      const above = Number(/^above (.+)$/.exec((await slider.getAttribute('aria-valuetext'))!)![1]);
      const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], above, countOnly: true });
      expect(qk!.count).toBeGreaterThan(10);
      await page.locator('output.count', { hasText: `exactly ${qk!.count.toLocaleString('en-US')} of` }).waitFor();
      await page.waitForURL(`**/head/1/5?matrix=qk&beyond=${above}`);
      expect(await slider.boundingBox(), 'no control jumps').toEqual(still);

      // The count may be there before the pairs are, and with the pairs the drawing is another one.
      await page.locator('.selected:not(.stale)').waitFor();
      const first = page.locator('.drawing [role=button]').first();
      await first.focus();
      await page.keyboard.press('ArrowDown');
      const name = (await page.evaluate(NAME_OF_FOCUS)) as string;
      expect(name).not.toBe(await first.getAttribute('aria-label'));
      await page.keyboard.press('Enter');
      await page.getByText(`A query at ${name.replace('row of ', '')} looks for`).waitFor();
      await page.waitForURL(/[?&]id=\d+/);

      await page.getByRole('button', { name: 'Next head' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.waitForURL('**/head/1/6?matrix=qk');
    });
  });

  it('picks a token by typing it', async () => {
    await look('/m/sample/token/500', async (page) => {
      await page.getByRole('combobox', { name: 'Another token' }).focus();
      await page.keyboard.type('emper');
      await page.getByRole('option', { name: 'emperor' }).first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Token ·emperor' }).waitFor();
    });
  });

  it('shows the same view to who is given the address', async () => {
    const seen: string[] = [];
    let address = '';
    const read = async (page: Page): Promise<void> => {
      await page.locator('output.count', { hasText: 'exactly' }).waitFor();
      await page.locator('.selected:not(.stale) .pairs tbody tr').first().waitFor();
      const rows = page.locator('.pairs tbody tr');
      seen.push(JSON.stringify([await page.locator('output.count b').textContent(), await rows.allTextContents()]));
    };
    await look('/m/sample/head/1/5?matrix=qk', async (page) => {
      await page.getByRole('table', { name: 'QK pairs' }).waitFor();
      await page.getByRole('button', { name: 'VO' }).click();
      await page.waitForURL(/matrix=vo/);
      await page.getByRole('button', { name: 'exclude same' }).click();
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('textbox', { name: 'Only pairs above this score' }).fill('80');
      await page.keyboard.press('Enter');
      await page.waitForURL(/beyond=80/);
      await page.waitForURL(/filters=english/);
      await read(page);
      address = page.url().slice(explorer.base.length);
    });
    await look(address, read);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toContain('·');
  });

  it('scrolls 50,000 pairs, of which it draws those in sight', async () => {
    const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], k: 50_000 });
    await look('/m/sample/head/1/5?matrix=qk&list=50000', async (page) => {
      const table = page.getByRole('table', { name: 'QK pairs' });
      await table.locator('tbody tr').first().waitFor();
      expect(await table.getAttribute('aria-rowcount')).toBe('50001');
      await page.locator('.pairs .data-table-scroll').evaluate((scroller) => {
        scroller.scrollTop = scroller.scrollHeight;
      });
      const last = table.locator('tr[aria-rowindex="50001"]');
      await last.waitFor();
      const { first, second } = qk!.pairs[49_999];
      expect(await last.locator('td').nth(0).textContent()).toBe('50,000');
      expect(await last.locator('td').nth(1).textContent()).toBe(first.label);
      expect(await last.locator('td').nth(3).textContent()).toBe(second.label);
      expect(await table.locator('tbody tr').count()).toBeLessThan(100);
    });
  });

  it('lists what two atlases have different, as diffAtlases does', async () => {
    const diff = await diffAtlases(before, after, { among: 20, k: 500 });
    await look(
      '/compare?a=freq&b=none',
      async (page) => {
        const rows = page.getByRole('table', { name: 'Neurons that differ most' }).locator('tbody tr');
        await rows.nth(5).waitFor();
        const cells = (all: Element[]) => all.map((row) => [...row.children].map((cell) => cell.textContent));
        const shown = await rows.evaluateAll(cells);
        expect(shown.slice(0, 6).map((row) => row.slice(0, 3))).toEqual(
          diff.neurons.slice(0, 6).map(({ layer, neuron, part, shared }) => [`${layer}:${neuron}`, part, `${shared}`]),
        );
        expect(shown[0][3]).toBe(diff.neurons[0].lost.join(''));
        await page.getByRole('button', { name: 'heads' }).click();
        const heads = page.getByRole('table', { name: 'Heads that differ most' }).locator('tbody tr');
        await heads.first().waitFor();
        const { layer, head, matrix, shared } = diff.heads[0];
        const [row] = await heads.evaluateAll(cells);
        expect(row.slice(0, 3)).toEqual([`${layer}:${head}`, matrix, `${shared}`]);
      },
      { of: pair },
    );
  });

  it('says what is wrong in a sentence: no such neuron, a token that is none', async () => {
    const { page } = await openExplorer(browser!, explorer, '/m/sample/neuron/99/0');
    await page.getByRole('alert').getByText('Expected `layer` to be 0..5, got 99').first().waitFor();
    await page.goto(`${explorer.base}/m/sample/token?q=zzzzqqq`);
    await page.getByText('No token begins so').waitFor();
    await page.goto(`${explorer.base}/m/nobody`);
    await page.getByRole('alert').getByText('one of sample').first().waitFor();
    await page.context().close();
  });
});

it('is a page of less than 400 kB of compressed scripts, none of which names another host', () => {
  const assets = join(root, 'explorer/dist/assets');
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
  const sizes = scripts.map((name) => gzipSync(readFileSync(join(assets, name))).byteLength);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400e3);
  const html = readFileSync(join(root, 'explorer/dist/index.html'), 'utf8');
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});

/** The accessible name, nearly enough: what a person would call the thing that has the focus. */
const NAME_OF_FOCUS = `(() => {
  const at = document.activeElement;
  return at.getAttribute('aria-label') ?? (at.id === 'threshold-slider' ? at.id : (at.textContent ?? '').trim());
})()`;
