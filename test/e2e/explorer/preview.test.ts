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

/** First words at once where `freq` is not known yet, and the exact list in their place, without a jump of the page. */

const browser = await launchChromium();
let server: Explorer;
let site: Explorer;
beforeAll(async () => {
  if (!browser) return;
  // As a file, without the normalisers that come with the sample.
  const file = join(root, 'models/sample.gguf');
  [server, site] = await Promise.all([startServer(file), startSite([file, '--no-normalisers'])]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), site?.stop()]);
});

/** Layout shifts that no input caused, from now on; what was seen of the preview. */
const WATCH = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node }) => node?.className ?? node?.parentNode?.className)]);
  }).observe({ type: 'layout-shift' });
`;
/** Heights and places of what stands on the page. */
const BOXES = `[...document.querySelectorAll('main section, main h2, .preview-line, .score-bars tr')].map((element) => {
  const { top, height } = element.getBoundingClientRect();
  return [element.className || element.tagName, Math.round(top), Math.round(height)];
})`;
/** Shifts of more than numbers, which begin elsewhere where another one has more digits. */
const jumps = (shifts: [number, ...string[]][]) => shifts.filter(([, ...of]) => of.some((name) => name !== 'number'));
const valueTokens = (page: Page) => page.getByRole('table', { name: 'Value, top tokens' });

describe.skipIf(!browser)(`previews on the page${browser ? '' : NO_CHROMIUM}`, () => {
  it('gives way to the exact lists without a jump of the page, at three widths', async () => {
    // The pass over all layers takes as long as this test says.
    let pass: () => void = () => {};
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const seen = [];
    for (const width of [390, 1024, 1440]) {
      const viewport = { width, height: 900 };
      const { page, problems } = await openExplorer(browser as Browser, server, '/m/sample.gguf/token', { viewport });
      await page.context().route(
        ({ pathname, searchParams }) => pathname.endsWith('/neurons/1/100') && !searchParams.has('preview'),
        async (route) => {
          await passed;
          await route.continue();
        },
      );
      await page.goto(`${server.base}/m/sample.gguf/neuron/1/100`);
      await page.getByText('Preview.').waitFor();
      await page.getByRole('table', { name: 'Similar neurons' }).waitFor();
      expect(await valueTokens(page).getByText('±').count()).toBe(24);
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, `preview-${width}`);
      await page.evaluate(WATCH);
      await page.evaluate('window.scrollTo(0, 200)');
      seen.push({ width, page, problems, boxes: await page.evaluate(BOXES) });
    }
    pass();
    for (const { width, page, problems, boxes } of seen) {
      await page.getByText('Exact.', { exact: true }).waitFor();
      await page.locator('[data-settled="true"]').waitFor();
      expect(await valueTokens(page).getByText('±').count()).toBe(0);
      expect(await page.evaluate(BOXES), `places at ${width}`).toEqual(boxes);
      expect(jumps(await page.evaluate('window.shifts')), `shifts at ${width}`).toEqual([]);
      expect(await page.evaluate('scrollY')).toBe(200);
      await keepPicture(page, `preview-exact-${width}`);
      expect(problems).toEqual([]);
      await page.context().close();
    }
  }, 400_000);

  it('does so on a site, whose pages find no normaliser', async () => {
    const { page, problems } = await openExplorer(browser as Browser, site, '/m/sample.gguf/neuron/1/100');
    await page.getByText('Preview.').waitFor();
    expect(await valueTokens(page).getByText('±').count()).toBe(24);
    await page.evaluate(WATCH);
    await page.getByText('Exact.', { exact: true }).waitFor();
    expect(await valueTokens(page).getByText('±').count()).toBe(0);
    expect(jumps(await page.evaluate('window.shifts'))).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
