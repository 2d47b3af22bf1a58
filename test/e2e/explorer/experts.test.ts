import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, readNeuron } from '../../../src/node.ts';
import { tokenNeurons } from '../../../src/reading/token-places.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import { accessibilityProblems, type Explorer, openExplorer, startExplorer } from '../../explorer.ts';
import { root } from '../../packed.ts';

/** A model with experts: each of their neurons has a page, and every link leads to the one it names. */

const browser = await launchChromium();
const folder = join(root, 'test/fixtures/architectures/mixtral');
const model = await openModel(folder);
let explorer: Explorer;
/** Its first layer has no experts. */
let dense: Explorer;

beforeAll(async () => {
  if (!browser) return;
  [explorer, dense] = await Promise.all([startExplorer(folder), startExplorer(join(folder, '../deepseek_v2'))]);
});
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
  await dense?.stop();
});

describe.skipIf(!browser)(`experts on the page ${browser ? '' : NO_CHROMIUM}`, () => {
  const first = async (neuron: number, expert: number) => {
    const { parts } = await readNeuron(model, 1, neuron, { expert, k: 3, parts: ['value'] });
    return parts.value!.top.map(({ label }) => label);
  };

  it('reads the neuron of the expert that the address names, and of the one that is chosen', async () => {
    const { page, problems } = await openExplorer(browser as Browser, explorer, '/m/mixtral/neuron/1/7?expert=2');
    const words = page.getByRole('table', { name: /value/i }).first();
    const shown = async () =>
      (await words.locator('tbody tr .token').allTextContents()).slice(0, 3).map((text) => text.trim());
    await expect.poll(shown).toEqual(await first(7, 2));
    expect(await page.title()).toBe('neuron 1:2:7 · mixtral · weightscope');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel(/^expert/).selectOption('1');
    await expect.poll(shown).toEqual(await first(7, 1));
    await page.getByRole('button', { name: 'Next neuron' }).click();
    await expect.poll(shown).toEqual(await first(8, 1));
    expect(page.url()).toContain('expert=1');
    await page.getByLabel(/^expert/).selectOption('0');
    await expect.poll(shown).toEqual(await first(8, 0));
    expect(page.url()).not.toContain('expert');
    // The place is taken as the page writes it, typed over and in the palette.
    await page.getByLabel('Neuron, layer and index').fill('1:2:7');
    await page.keyboard.press('Enter');
    await expect.poll(shown).toEqual(await first(7, 2));
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Neuron 1:2:7');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Go to' }).waitFor();
    await page.keyboard.type('1:1:8');
    await page.getByRole('option', { name: /1:1:8/ }).click();
    await expect.poll(shown).toEqual(await first(8, 1));
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('has no choice of experts where a layer has none', async () => {
    const { page, problems } = await openExplorer(browser as Browser, dense, '/m/deepseek_v2/neuron/0/3');
    await page.getByRole('table', { name: 'Value, top tokens' }).waitFor();
    await page.getByLabel(/^expert/).waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('leads from a token to the neurons of all experts', async () => {
    const { value } = (await tokenNeurons(model, 5, { k: 12, parts: ['value'] })) as never as {
      value: { top: { layer: number; expert: number; neuron: number }[] };
    };
    const { layer, expert, neuron } = value.top.find((one) => one.expert > 0)!;
    const { page, problems } = await openExplorer(browser as Browser, explorer, '/m/mixtral/token/5');
    await page
      .getByRole('link', { name: `${layer}:${expert}:${neuron}`, exact: true })
      .first()
      .click();
    await expect.poll(() => page.title()).toBe(`neuron ${layer}:${expert}:${neuron} · mixtral · weightscope`);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
