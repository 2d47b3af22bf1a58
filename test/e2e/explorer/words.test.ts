import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { buildAtlas, openAtlas, openModel, readVector } from '../../../src/node.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  asSite,
  type Explorer,
  keepPicture,
  openExplorer,
  startExplorer,
} from '../../explorer.ts';
import { tinyModel } from '../../tiny-model.ts';

/** What asks an atlas: search by word, SQL, the circuit, a comparison; and a token's page with and without one. */

const browser = await launchChromium();
const folder = mkdtempSync(join(tmpdir(), 'weightscope-words-'));
const [freq, none] = [join(folder, 'freq'), join(folder, 'none')];
const WORDS = ['king', ' king', ' queen', ...Array.from({ length: 27 }, (_, i) => ` w${i}`)];
let explorer: Explorer;
let sample: Explorer;

beforeAll(async () => {
  if (!browser) return;
  const options = { top: 8, pairs: 20, columns: 6, engine: referenceEngine() };
  const model = tinyModel({ words: WORDS, seed: 1 });
  await buildAtlas(model, freq, { ...options, what: ['neurons', 'heads', 'statistics'] });
  await buildAtlas(model, none, { ...options, normalize: 'none' });
  [explorer, sample] = await Promise.all([startExplorer(freq, none), startExplorer('sample')]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
  await sample?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function look(path: string, see: (page: Page) => Promise<void>, of = explorer): Promise<void> {
  const { page, problems } = await openExplorer(browser as Browser, of, path);
  try {
    await see(page);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

async function cells(page: Page, table: string | RegExp): Promise<string[][]> {
  const rows = page.getByRole('table', { name: table }).locator('tbody tr');
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
}

describe.skipIf(!browser)(`words and the atlas${browser ? '' : NO_CHROMIUM}`, () => {
  it('finds neurons by words that are lit, with their rank within each neuron as the atlas has it', async () => {
    const atlas = await openAtlas(freq);
    const { neurons } = await atlas.search('queen', { parts: ['value'], sign: '+', k: 200 });
    const lists = await atlas.sql("SELECT * FROM neuron_tokens WHERE part = 'value' AND sign = '+' AND token = 2");
    atlas.close();
    expect(neurons.length).toBeGreaterThan(2);
    await look('/m/freq/search?q=queen', async (page) => {
      await page.getByText(/^\d+ neurons?/).waitFor();
      const wanted = neurons.map(({ layer, neuron }) => {
        const own = lists.find((row) => row.layer === layer && row.neuron === neuron);
        return [`${layer}:${neuron}`, own ? String(own.rank) : '–'];
      });
      await expect
        .poll(async () => (await cells(page, 'neurons that write it')).map((row) => [row[0], row[4]]), {
          timeout: 60_000,
        })
        .toEqual(wanted.slice(0, 45));
      expect(wanted.some(([, rank]) => rank === '–')).toBe(true);
      const placeless = page.getByRole('cell', { name: '–', exact: true }).locator('span').first();
      expect(await placeless.getAttribute('title')).toMatch(
        /^No place: the neuron’s own list that the atlas keeps ends before a met word\. \d+:\d+ is among the best neurons/,
      );
      expect(await page.locator('mark.met').first().textContent()).toBe('·queen');
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, 'search');
      await page.getByRole('button', { name: 'heads that attend to it' }).click();
      await page.waitForURL(/part=qk/);
      // What heads do stands beside their places, as what neurons read and write does.
      await expect
        .poll(async () => (await cells(page, 'heads that attend to it'))[0])
        .toMatchObject({ 0: expect.stringMatching(/^\d:\d$/), 2: expect.stringContaining('→') });
      // A site has no DuckDB, which regular expressions need as well.
      for (const q of ['king AND queen', 'king OR queen', 'kin*', ...(asSite() ? [] : ['/^ q/'])]) {
        await page.getByRole('searchbox', { name: 'Words' }).fill(q);
        await page.keyboard.press('Enter');
        await page.getByText(/^\d+ heads?, in order of share|^Nothing has these words/).waitFor();
      }
      await page.getByRole('searchbox', { name: 'Words' }).fill('king OR elephant');
      await page.keyboard.press('Enter');
      await page.getByText('No token is "elephant".').waitFor();
    });
  });

  it('answers SQL in a tab, whose question is in the address', async () => {
    await look('/m/freq/search', async (page) => {
      await page.getByRole('tab', { name: 'SQL' }).click();
      if (asSite()) {
        await page.getByText('SQL needs a server').waitFor();
        await page.getByText('The tables').click();
        await page.getByText('neuron_tokens').waitFor();
        expect(await accessibilityProblems(page)).toEqual([]);
        return;
      }
      await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT token, text FROM tokens ORDER BY token LIMIT 3');
      await page.getByRole('button', { name: 'ask', exact: true }).click();
      expect(await cells(page, 'Rows of the SQL')).toEqual([
        ['0', 'king'],
        ['1', ' king'],
        ['2', ' queen'],
      ]);
      await page.waitForURL(/sql=SELECT/);
      await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT layer, repeat(top, 9) AS top FROM neurons LIMIT 3');
      await page.getByRole('button', { name: 'ask', exact: true }).click();
      await page.getByRole('button', { name: 'top', exact: true }).waitFor();
      const widths = await page
        .getByRole('table', { name: 'Rows of the SQL' })
        .locator('th')
        .evaluateAll((all) => all.map((one) => one.clientWidth));
      expect(widths[1]! / widths[0]!, 'words have more room than numbers').toBeGreaterThan(3);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.getByRole('tab', { name: 'words' }).click();
      await page.getByRole('searchbox', { name: 'Words' }).waitFor();
    });
  });

  it('draws the circuit of heads, and pins a head to its own arcs', async () => {
    const atlas = await openAtlas(freq);
    const rows = await atlas.sql(
      "SELECT * FROM head_compositions WHERE kind = 'k' AND from_layer = 0 AND from_head = 1 ORDER BY z DESC",
    );
    atlas.close();
    await look('/m/freq/circuit', async (page) => {
      await page.getByRole('table', { name: 'Strongest compositions' }).waitFor();
      await page.getByRole('button', { name: 'head 0:1', exact: true }).click();
      await page.waitForURL(/pins=/);
      const read = await cells(page, 'Head 0:1 is read by');
      expect(read.map(([to]) => to.split(' ')[0])).toEqual(
        rows.map(({ to_layer, to_head }) => `${to_layer}:${to_head}`),
      );
      await expect.poll(() => page.locator('.circuit path').count()).toBe(rows.length);
      expect(await accessibilityProblems(page)).toEqual([]);
      await keepPicture(page, 'circuit');
      for (const axis of ['layer', 'head']) await page.locator('.circuit svg text', { hasText: axis }).waitFor();
      await page.getByRole('button', { name: 'head 0:1', exact: true }).click();
      await page.getByRole('table', { name: 'Strongest compositions' }).waitFor();
    });
    await look('/m/none/circuit', async (page) => {
      await page.getByText('Compositions of heads are kept in an atlas with statistics').waitFor();
    });
  });

  it('leads from a search without an atlas to the pages of its words', async () => {
    await look(
      '/m/sample/search?q=king or queen',
      async (page) => {
        // Before it is known whether there is an atlas, none is asked. Questions of a site cannot be held.
        if (!asSite()) {
          const held = new Promise<Route>((resolve) => page.context().route('**/api/models/sample', resolve));
          await page.reload();
          await page.getByText('Opening the model').waitFor();
          await (await held).continue();
        }
        const words = page.getByRole('note').filter({ hasText: 'read from the weights' });
        // Each word is asked for by itself.
        await expect.poll(() => words.getByRole('link').allTextContents()).toEqual(['·king', '·queen']);
        expect(await accessibilityProblems(page)).toEqual([]);
        await words.getByRole('link', { name: 'queen' }).click();
        await page.getByRole('heading', { name: 'Token ·queen' }).waitFor();
      },
      sample,
    );
  });

  it('leads from the menu to what stands out in an atlas, or says that it is merely the middle of the model', async () => {
    const atlas = await openAtlas(freq);
    const [{ layer, head }] = await atlas.sql(
      "SELECT layer, head FROM head_stats WHERE matrix = 'vo' ORDER BY copying DESC, layer, head LIMIT 1",
    );
    atlas.close();
    await look('/m/freq/search', async (page) => {
      const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Head' });
      await expect.poll(() => link.getAttribute('href')).toContain(`/m/freq/head/${layer}/${head}`);
    });
    await look('/m/none/search', async (page) => {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Neuron' }).click();
      const said = page.getByText('This neuron is merely in the middle of the model');
      await said.waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      // Who chooses one knows where it is.
      await page.getByRole('button', { name: 'Next neuron' }).click();
      await said.waitFor({ state: 'detached' });
    });
  });

  it('keeps the place when the model is switched', async () => {
    await look('/m/freq/search?q=queen&part=key', async (page) => {
      await page.getByRole('combobox', { name: 'Model' }).selectOption('none');
      await page.waitForURL('**/m/none/search?q=queen&part=key');
    });
  });

  it('warns that both sides of a comparison are one checkpoint under other settings', async () => {
    await look('/compare?a=freq&b=none', async (page) => {
      const warning = page.getByRole('note').filter({ hasText: 'one checkpoint' });
      await warning.getByText('read under other settings').waitFor();
      expect(await warning.textContent()).toContain('normalize freq');
    });
  });

  it('tells the rank of a token within each neuron, lights it, and says what heads make of it, without an atlas', async () => {
    await look(
      '/m/sample/token/4197',
      async (page) => {
        await page.getByRole('table', { name: 'Neurons that write it', exact: true }).waitFor();
        const first = page
          .getByRole('table', { name: 'Neurons that write it', exact: true })
          .locator('tbody tr')
          .first();
        await first.locator('.rank').waitFor();
        expect(await first.locator('.rank').textContent()).toMatch(/^(#\d+|>100)$/);
        await page.locator('.place mark.met').first().waitFor();
        const head = page.getByRole('table', { name: 'Heads that copy it', exact: true }).locator('tbody tr').first();
        await head.locator('.toned').waitFor();
        expect(await accessibilityProblems(page)).toEqual([]);
      },
      sample,
    );
    await look(
      '/m/sample/token',
      async (page) => {
        const rows = await cells(page, 'Tokens');
        expect(
          rows
            .slice(0, 20)
            .map(([label]) => label)
            .filter((label) => /^<\|.*\|>$/.test(label)),
        ).toEqual([]);
      },
      sample,
    );
  });

  // A site hands files out by its page, which use.test.ts looks at; this asks a server for one.
  if (!asSite())
    it('maps the whole vocabulary, lights a reading up on it, and hands it out as Parquet', async () => {
      const model = await openModel('sample');
      const { top } = await readVector(model, 'ff:0:381.value', { k: 5, normalize: 'cosine' });
      await look(
        '/m/sample/map?x=ff%3A0%3A381.value',
        async (page) => {
          await page.getByRole('img', { name: /^Map of 16384 tokens/ }).waitFor({ timeout: 300_000 });
          expect((await cells(page, 'Brightest tokens')).slice(0, 5).map(([label]) => label)).toEqual(
            top.map(({ label }) => label),
          );
          expect(await accessibilityProblems(page)).toEqual([]);
          await keepPicture(page, 'map');
          const box = (await page.locator('.vocabulary-map canvas').boundingBox())!;
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
          await page.keyboard.down('Shift');
          await page.mouse.move(x - 200, y - 200);
          await page.mouse.down();
          for (const [toX, toY] of [
            [200, -200],
            [200, 200],
            [-200, 200],
            [-200, -200],
          ])
            await page.mouse.move(x + toX, y + toY);
          await page.mouse.up();
          await page.keyboard.up('Shift');
          await page.getByRole('table', { name: 'Tokens within the lasso' }).waitFor();
          // Who has no Shift has a button.
          await page.getByRole('button', { name: 'Nearer' }).click();
          await page.getByRole('button', { name: 'lasso', exact: true }).click();
          await page.mouse.move(x - 60, y - 60);
          await page.mouse.down();
          await page.mouse.move(x + 60, y - 60);
          await page.mouse.move(x, y + 60);
          await page.mouse.up();
          await page.getByRole('heading', { name: /^Within the lasso \d+ tokens?$/ }).waitFor();
          await page.getByRole('button', { name: 'picture: map' }).click();
          const dialog = page.getByRole('dialog', { name: /^Picture of/ });
          await dialog.getByText('above zero, full colour at 0.214').waitFor();
          await dialog.getByText(/16,384 tokens, of which a part is seen.*normalised by cosine/i).waitFor();
          const [saved] = await Promise.all([
            page.waitForEvent('download'),
            dialog.getByRole('button', { name: 'save SVG' }).click(),
          ]);
          expect(saved.suggestedFilename()).toBe('sample-map.svg');
          const svg = readFileSync(await saved.path(), 'utf8');
          expect(svg).toMatch(/<text[^>]*>·\w+</);
          expect(svg).not.toMatch(/var\(/);
          await page.keyboard.press('Escape');
          const href = await page.getByRole('link', { name: 'Parquet' }).getAttribute('href');
          const file = await (await page.request.get(new URL(href!, sample.origin).href)).body();
          const rows = await parquetReadObjects({ file: new Uint8Array(file).buffer });
          expect(rows).toHaveLength(16_384);
          expect(Object.keys(rows[0])).toEqual(['token', 'text', 'label', 'x', 'y', 'score']);
          expect(rows[top[0].id].score).toBeCloseTo(top[0].score, 5);
        },
        sample,
      );
    }, 400_000);

  it('reads one token of a head without the words that are left out, draws no hairball, and numbers the pairs', async () => {
    await look(
      '/m/sample/head/5/2?matrix=vo&exclude=same&list=50000',
      async (page) => {
        await page.getByRole('table', { name: 'VO pairs' }).waitFor();
        expect(await page.locator('.drawing path').count()).toBeLessThanOrEqual(120);
        const rows = await cells(page, 'VO pairs');
        expect(rows.slice(0, 3).map(([rank]) => rank)).toEqual(['1', '2', '3']);
        const chosen = (await page.locator('.row-heading b').textContent())!;
        const words = (await cells(page, 'Most')).map(([label]) => label);
        const plain = (label: string): string => label.replace('·', '').toLowerCase();
        expect(words.map(plain)).not.toContain(plain(chosen));
        const widths = await page
          .locator('.drawing path')
          .evaluateAll((all) => all.map((one) => Number(one.getAttribute('stroke-width'))));
        expect(Math.max(...widths)).toBeCloseTo(3.6, 5);
      },
      sample,
    );
  });
});
