import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  asSite,
  type Explorer,
  keepPicture,
  openExplorer,
  startExplorer,
} from '../../explorer.ts';

/** Pictures for a paper, as they leave the page. */

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

interface Saved {
  name: string;
  bytes: Buffer;
}

/** Opens a page and, of one of its drawings, the dialog. */
async function withDialog(path: string, drawing: RegExp, see: (page: Page) => Promise<void>): Promise<void> {
  const { page, problems } = await openExplorer(browser as Browser, explorer, path, {
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  try {
    await page.getByRole('button', { name: drawing }).first().click();
    await page.getByRole('dialog', { name: /^Picture of/ }).waitFor();
    await see(page);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

async function save(page: Page, button: string): Promise<Saved> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** What lies outside the paper of an SVG, drawn by the browser itself: texts and shapes, in the SVG's units. */
const CLIPPED = `(svg) => {
  const holder = document.createElement('div');
  holder.innerHTML = svg;
  document.body.append(holder);
  const drawn = holder.firstElementChild;
  const paper = drawn.getBoundingClientRect();
  const out = [...drawn.querySelectorAll('text, path, rect, circle, line')]
    .filter((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      return left < paper.left - 1 || right > paper.right + 1 || top < paper.top - 1 || bottom > paper.bottom + 1;
    })
    .map((one) => one.outerHTML.slice(0, 120));
  holder.remove();
  return out;
}`;

async function clipped(page: Page, svg: string): Promise<unknown> {
  return page.evaluate(`(${CLIPPED})(${JSON.stringify(svg)})`);
}

describe.skipIf(!browser)(`pictures${browser ? '' : NO_CHROMIUM}`, () => {
  // A site's answers come from its own worker, where nothing can hold them back.
  if (!asSite())
    it.each([
      ['/m/sample/head/5/2?matrix=vo', 'exclude same', /^picture: drawing/, 'same words left out'],
      ['/m/sample/neuron/0/381', 'no special', /^picture: /, 'only tokens that pass: no special'],
      ['/m/sample/token?q=king', 'no brackets', /^CSV: /, undefined],
    ])('saves nothing of %s under settings that it was not read with', async (path, setting, button, fact) => {
      const { page } = await openExplorer(browser as Browser, explorer, path, {});
      try {
        const save = page.getByRole('button', { name: button }).first();
        await expect.poll(() => save.isEnabled()).toBe(true);
        let letGo = (): void => {};
        const held = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        await page.route('**/api/models/sample/**', async (route) => {
          await held;
          await route.continue();
        });
        await page.getByRole('button', { name: setting, exact: true }).click();
        await expect.poll(() => save.isDisabled()).toBe(true);
        letGo();
        await expect.poll(() => save.isEnabled()).toBe(true);
        if (fact === undefined) return;
        await save.click();
        await page.getByRole('dialog').getByText(fact).waitFor();
      } finally {
        await page.context().close();
      }
    });

  it('saves a drawing as SVG with title, model and fingerprint, normaliser, count, axes and legend, nothing clipped', async () => {
    await withDialog('/m/sample/head/1/5?matrix=qk&filters=english', /^picture: drawing/, async (page) => {
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, 'export', false);
      const { name, bytes } = await save(page, 'save SVG');
      const svg = bytes.toString();
      expect(name).toBe('sample-head-1-5-qk-drawing.svg');
      for (const said of [
        'Head 1:5: pairs of QK',
        /the \d+ strongest pairs of 200 listed/,
        'left: query token; right: key token; width of a line: score, from',
        'query token → key token',
        'normalised by freq · norm not folded in · only tokens that pass: English',
        `sample, llama, 6 layers · fingerprint ${model.fingerprint.slice(0, 16)}`,
      ])
        expect(svg).toMatch(said);
      expect(svg).not.toMatch(/var\(|class=|<style/);
      expect(await clipped(page, svg)).toEqual([]);
      // The token whose row stands beside the drawing is marked on the page alone.
      const chosen = page.locator('.drawing .choice[aria-pressed="true"] text');
      expect(await chosen.evaluate((one) => getComputedStyle(one).fontWeight)).toBe('700');
      const token = (await chosen.textContent())!;
      const texts = [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].filter(([, , text]) => text === token);
      expect(texts.map(([, look]) => look).join()).not.toMatch(/bold|[67]00/);
      expect(texts.length).toBeGreaterThan(0);
    });
  });

  it('says which pair is lit', async () => {
    await withDialog('/m/sample/head/1/5?matrix=qk&pair=540-670', /^picture: drawing/, async (page) => {
      expect((await save(page, 'save SVG')).bytes.toString()).toMatch(/one is lit: \S+ → \S+, score /);
    });
  });

  it('is light, dark or without paper, whatever the page is', async () => {
    await withDialog('/m/sample/neuron/0/381', /^picture: all lists/, async (page) => {
      const papers: Record<string, string> = {};
      for (const colours of ['light', 'dark', 'transparent']) {
        await page.getByRole('group', { name: 'Colours' }).getByRole('button', { name: colours }).click();
        papers[colours] = (await save(page, 'save SVG')).bytes.toString();
      }
      expect(papers.light).toMatch(/<rect width="[\d.]+" height="[\d.]+" fill="#ffffff"\/>/);
      expect(papers.dark).toContain('fill="rgb(22, 21, 20)"');
      expect(papers.dark).toContain('rgb(45, 212, 191)');
      expect(papers.transparent).not.toMatch(/#ffffff|rgb\(251, 250, 247\)/);
      expect(papers.transparent).toContain('rgb(15, 118, 110)');
      for (const svg of Object.values(papers)) {
        expect(svg).toContain('·whilst');
        expect(await clipped(page, svg)).toEqual([]);
      }
    });
  });

  it('saves a PNG of so many millimetres at so many dots per inch, both written in it', async () => {
    await withDialog('/m/sample/head/1/5?matrix=qk', /^picture: heat map/, async (page) => {
      await page.getByLabel('width in mm').fill('85');
      await page.getByLabel('dots per inch').fill('150');
      const { name, bytes } = await save(page, 'save PNG');
      expect(name).toBe('sample-head-1-5-qk-heat-map.png');
      expect(bytes.readUInt32BE(16)).toBe(Math.round((85 / 25.4) * 150));
      const resolution = bytes.indexOf('pHYs');
      expect(bytes.readUInt32BE(resolution + 4)).toBe(Math.round(150 / 0.0254));
      await page.getByLabel('dots per inch').fill('9');
      await page.getByLabel('dots per inch').blur();
      expect(await page.getByLabel('dots per inch').inputValue()).toBe('150');
    });
  });

  it('is as wide as a column where the drawing is narrow, so that its letters are no headline', async () => {
    await withDialog('/m/sample/neuron/0/381', /^picture: key tokens/, async (page) => {
      expect(await page.getByRole('button', { name: 'one column' }).getAttribute('aria-pressed')).toBe('true');
      await page.getByRole('button', { name: 'page', exact: true }).click();
      expect(await page.getByLabel('width in mm').inputValue()).toBe('175');
    });
  });

  it('prints the picture alone, on paper of its size, which is how it becomes a PDF of vectors', async () => {
    await withDialog('/m/sample/head/1/5?matrix=vo', /^picture: directions/, async (page) => {
      // A headless browser has no dialog for printing: what would be printed is asked of it instead.
      await page.evaluate('window.print = () => {}');
      await page.getByRole('button', { name: 'print or save PDF' }).click();
      await page.locator('.export-print svg').waitFor({ state: 'attached' });
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
      const [, width] = /\/MediaBox\s*\[\s*0 0 ([\d.]+)/.exec(pdf)!;
      expect(Math.abs(Number(width) - (175 / 25.4) * 72)).toBeLessThan(1.5);
    });
  });

  it('copies a caption and a link', async () => {
    await withDialog('/m/sample/head/1/5?matrix=qk&beyond=75', /^picture: drawing/, async (page) => {
      await page.getByRole('button', { name: 'copy caption' }).click();
      await page.getByText('The caption is copied.').waitFor();
      const caption = (await page.evaluate('navigator.clipboard.readText()')) as string;
      expect(caption).toMatch(/^Head 1:5: pairs of QK\. The \d+ strongest pairs/);
      expect(caption).toContain('Teal: query token → key token');
      // Nobody else can follow the address of this machine.
      expect(caption).not.toContain(explorer.base);
      await page.getByRole('dialog').getByRole('button', { name: 'copy link' }).click();
      await page.getByText('The link is copied.').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
        `${explorer.base}/m/sample/head/1/5?matrix=qk&beyond=75`,
      );
    });
  });

  it.each([
    ['/m/sample', /^picture: .* of heads/, 'sample-heads'],
    ['/m/sample', /^picture: .* of neurons/, 'sample-neurons'],
    ['/m/sample?layer=0', /^picture: neurons of layer 0/, 'sample-layer-0-neurons'],
    ['/m/sample/neuron/4/100', /^picture: Histogram/, 'sample-neuron-4-100-key-histogram'],
    ['/m/sample/neuron/4/100', /^picture: map/, 'sample-neuron-4-100-value-map'],
    ['/m/sample/neuron/4/100?space=true', /^picture: map/, 'sample-neuron-4-100-value-map'],
    ['/m/sample/head/1/5?matrix=qk', /^picture: row of/, 'sample-head-1-5-qk-row'],
    ['/m/sample/head/1/5?matrix=qk', /^picture: 64 singular values/, 'sample-head-1-5-qk-singular-values'],
    ['/m/sample/vector?x=tok%3A%22+king%22', /^picture: tokens of the expression/, 'sample-expression'],
  ])('gives every drawing of %s a picture that is not clipped: %s', async (path, drawing, file) => {
    await withDialog(path, drawing, async (page) => {
      const { name, bytes } = await save(page, 'save SVG');
      expect(name.startsWith(file), name).toBe(true);
      expect(bytes.toString()).toContain(`fingerprint ${model.fingerprint.slice(0, 16)}`);
      expect(await clipped(page, bytes.toString())).toEqual([]);
    });
  });
});
