import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, readHead, readHeadRow, readNeuron, readVector } from '../../../src/node.ts';
import { chanceNotes } from '../../../src/reading/chance-in-words.ts';
import { tokenHeads } from '../../../src/reading/token-places.ts';
import { neuronsByShare } from '../../../src/reading/token-shares.ts';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import {
  accessibilityProblems,
  asSite,
  type Explorer,
  keepPicture,
  openExplorer,
  startExplorer,
  startSite,
} from '../../explorer.ts';
import { parseCsv } from '../run-cli.ts';

/** What the pages show, beside what the library says. */

const browser = await launchChromium();
const model = await openModel('sample');
let explorer: Explorer;

beforeAll(async () => {
  explorer = await startExplorer('sample');
});
afterAll(async () => {
  await browser?.close();
  await explorer?.stop();
});

/** Opens a page, lets `look` at it, and expects that nothing went wrong meanwhile. */
async function look(path: string, see: (page: Page) => Promise<void>, of = explorer): Promise<void> {
  const { page, problems } = await openExplorer(browser as Browser, of, path);
  try {
    await see(page);
    expect(problems).toEqual([]);
  } finally {
    await page.context().close();
  }
}

/** The texts of the cells of a table's first rows, once it has that many. */
async function rowsOf(page: Page, table: string, count: number): Promise<string[][]> {
  const rows = page.getByRole('table', { name: table, exact: true }).locator('tbody tr');
  await rows.nth(count - 1).waitFor();
  const texts = await rows.evaluateAll((all) =>
    all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );
  return texts.slice(0, count);
}

/** A score as it is written, rounded to the digits that are shown. */
const numberOf = (text: string): number => Number(text.replace('−', '-').replaceAll(',', ''));
function expectScore(text: string, score: number): void {
  const digits = /\.(\d+)$/.exec(text.trim())?.[1].length ?? 0;
  expect(Math.abs(numberOf(text) - score), `${text} beside ${score}`).toBeLessThanOrEqual(0.5000001 * 10 ** -digits);
}

/** The same of places, whose words and ranks come beside them as they are seen. */
async function placesOf(page: Page, table: string, count: number): Promise<string[][]> {
  const rows = await rowsOf(page, table, count);
  const places = page.getByRole('table', { name: table, exact: true }).locator('tbody td.place a:first-child');
  const names = await places.allTextContents();
  return rows.map(([, ...rest], i) => [names[i], ...rest]);
}

function expectTokens(rows: string[][], tokens: readonly { label: string; score: number }[]): void {
  expect(rows.map(([label]) => label)).toEqual(tokens.slice(0, rows.length).map(({ label }) => label));
  for (const [i, [, score]] of rows.entries()) expectScore(score, tokens[i].score);
}

describe.skipIf(!browser)(`the explorer’s numbers${browser ? '' : NO_CHROMIUM}`, () => {
  it('lists a neuron’s tokens as readNeuron does', async () => {
    const { parts } = await readNeuron(model, 4, 100, { k: 24, bottom: 8 });
    await look('/m/sample/neuron/4/100', async (page) => {
      for (const [name, part] of [
        ['Key', 'key'],
        ['Up', 'up'],
        ['Value', 'value'],
      ] as const) {
        expectTokens(await rowsOf(page, `${name}, top tokens`, 10), parts[part]!.top);
        expectTokens(await rowsOf(page, `${name}, opposite pole`, 8), parts[part]!.bottom);
      }
      await keepPicture(page, 'neuron');
    });
  });

  /** What chance gives is read with the list that it is of. */
  const isAbove = async (page: Page, table: string) => {
    const [line, list] = await Promise.all(
      [page.locator('.chance-line'), page.getByRole('table', { name: table }).first()].map((one) => one.boundingBox()),
    );
    expect(line!.y + line!.height).toBeLessThanOrEqual(list!.y);
  };

  it('says of a neuron and of a head what chance gives, in the words of the command', async () => {
    const { parts } = await readNeuron(model, 0, 381, { k: 1, chance: true });
    const neuron = chanceNotes(Object.entries(parts), 'neurons').join(' ');
    expect(neuron).toMatch(
      /^First scores against chance: key z 3\.1 .* of this model’s 9,216 neurons would have as small a p for key/,
    );
    await look('/m/sample/neuron/0/381', async (page) => {
      const line = page.locator('.chance-line', { hasText: 'chance' });
      await line.waitFor({ timeout: 120_000 });
      expect(await line.textContent()).toBe(neuron);
      await isAbove(page, 'Key, top tokens');
      expect(await accessibilityProblems(page)).toEqual([]);
    });
    const { vo } = await readHead(model, 5, 2, { matrices: ['vo'], k: 1, excludeSame: true, chance: true });
    const head = chanceNotes([['VO', vo!]], 'heads').join(' ');
    expect(head).toContain('of this model’s 54 heads would have as small a p for VO');
    await look('/m/sample/head/5/2?matrix=vo&exclude=same', async (page) => {
      const line = page.locator('.chance-line', { hasText: 'chance' });
      await line.waitFor({ timeout: 120_000 });
      expect(await line.textContent()).toBe(head);
      await isAbove(page, 'VO pairs');
    });
    const sum = 'tok:" king" - tok:" man" + tok:" woman"';
    const read = await readVector(model, sum, { k: 1, normalize: 'cosine', chance: true });
    const vector = chanceNotes([['', read]]).join(' ');
    expect(vector).toMatch(/^First scores against chance: z 27\.6 /);
    await look(`/m/sample/vector?x=${encodeURIComponent(sum)}`, async (page) => {
      const line = page.locator('.chance-line', { hasText: 'chance' });
      await line.waitFor({ timeout: 120_000 });
      expect(await line.textContent()).toBe(vector);
      await isAbove(page, 'Top tokens of the expression');
    });
  }, 300_000);

  it('lists a neuron under filters and another normaliser, from the address alone', async () => {
    const filters = { onlyEnglish: true, noSpecial: true };
    const { parts } = await readNeuron(model, 4, 100, { k: 24, normalize: 'cosine', filters });
    await look('/m/sample/neuron/4/100?normalize=cosine&filters=english,no-special', async (page) => {
      expectTokens(await rowsOf(page, 'Value, top tokens', 24), parts.value!.top);
    });
  });

  it('lists a head’s pairs, counts them exactly, and counts their tokens, as readHead does', async () => {
    const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], k: 200, above: 75 });
    expect(qk!.count).toBe(3163);
    await look('/m/sample/head/1/5?beyond=75', async (page) => {
      await page.locator('output.count', { hasText: 'exactly 3,163 of 268,435,456 pairs' }).waitFor();
      const rows = await rowsOf(page, 'QK pairs', 20);
      expect(rows.map(([, first, , second]) => [first, second])).toEqual(
        qk!.pairs.slice(0, 20).map(({ first, second }) => [first.label, second.label]),
      );
      for (const [i, row] of rows.entries()) expectScore(row[4], qk!.pairs[i].score);
      const counted = await page
        .getByRole('region', { name: /^Counters/ })
        .locator('.counted')
        .allTextContents();
      const written = (['first', 'second'] as const).flatMap((side) =>
        qk!.counters[side].slice(0, 18).map(([label, count]) => `${label} ×${count}`),
      );
      expect(counted).toEqual(written);
      await page.locator('.count').waitFor();
      await page.getByRole('list', { name: 'Singular directions as words' }).waitFor();
      await keepPicture(page, 'head');
    });
  });

  it('counts below the list with the engine', async () => {
    const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], above: 51, countOnly: true });
    await look('/m/sample/head/1/5?beyond=51', async (page) => {
      const count = qk!.count.toLocaleString('en-US');
      expect(qk!.count).toBeGreaterThan(100_000);
      await page.locator('output.count', { hasText: `exactly ${count}` }).waitFor();
    });
  });

  it('orders by the other matrix, leaves out the same word, and begins at the lowest', async () => {
    const options = { matrices: ['vo' as const], k: 200 };
    const { vo: lowest } = await readHead(model, 1, 5, { ...options, ascending: true });
    await look('/m/sample/head/1/5?matrix=vo&end=lowest', async (page) => {
      const rows = await rowsOf(page, 'VO pairs', 10);
      expect(rows.map(([, first, , second]) => `${first} ${second}`)).toEqual(labels(lowest!.pairs.slice(0, 10)));
      for (const [i, row] of rows.entries()) expectScore(row[4], lowest!.pairs[i].score);
    });
    const { vo: other } = await readHead(model, 1, 5, { ...options, sort: 'qk', excludeSame: true });
    await look('/m/sample/head/1/5?matrix=vo&order=other&exclude=same', async (page) => {
      const rows = await rowsOf(page, 'VO pairs', 10);
      expect(rows.map(([, first, , second]) => `${first} ${second}`)).toEqual(labels(other!.pairs.slice(0, 10)));
      for (const [i, row] of rows.entries()) expectScore(row[5], other!.pairs[i].other!);
    });
  });

  it('reads the row and the column of one token', async () => {
    const [id] = model.vocabulary!.find(' king');
    const row = await readHeadRow(model, 5, 2, 'vo', id, { k: 14, bottom: 6 });
    await look(`/m/sample/head/5/2?matrix=vo&id=${id}`, async (page) => {
      await page.getByText('When it reads ·king, it writes').waitFor();
      expectTokens(await rowsOf(page, 'Most', 14), row.top);
      expectTokens(await rowsOf(page, 'Least', 6), row.bottom);
      const column = await readHeadRow(model, 5, 2, 'vo', id, { k: 14, side: 'second' });
      await page.getByRole('button', { name: 'column', exact: true }).click();
      await page.getByText('It writes ·king when it reads').waitFor();
      await page.locator('.row-answer:not(.stale)').waitFor();
      expectTokens(await rowsOf(page, 'Most', 14), column.top);
    });
  });

  it('asks all neurons and heads about one token', async () => {
    const [id] = model.vocabulary!.find(' king');
    const neurons = await neuronsByShare(model, id, { k: 12 });
    const heads = await tokenHeads(model, id, { k: 12 });
    const { top } = await readVector(model, `tok:#${id}`, { k: 11, normalize: 'cosine' });
    await look(`/m/sample/token/${id}`, async (page) => {
      const named = <P extends { layer: number; score: number }>(places: P[], index: (place: P) => number) =>
        places.map((place) => ({ label: `${place.layer}:${index(place)}`, score: place.score }));
      const neuronsOf = (part: 'key' | 'value') =>
        neurons[part]!.top.map(({ layer, neuron, share }) => ({ label: `${layer}:${neuron}`, score: share }));
      expectTokens(await placesOf(page, 'Neurons that write it', 12), neuronsOf('value'));
      expectTokens(await placesOf(page, 'Neurons that read it', 12), neuronsOf('key'));
      expectTokens(
        await placesOf(page, 'Heads that copy it', 12),
        named(heads.vo!.top, ({ head }) => head),
      );
      expectTokens(
        await placesOf(page, 'Heads that attend to it', 12),
        named(heads.qk!.top, ({ head }) => head),
      );
      expectTokens(await rowsOf(page, 'Nearest tokens', 10), top.slice(1));
      await keepPicture(page, 'token');
    });
  });

  it('finds tokens by their beginning, their meaning and their class', async () => {
    await look('/m/sample/token?q=king', async (page) => {
      const begins = (id: number) =>
        !model.vocabulary!.isPadding(id) && model.vocabulary!.normal(id).startsWith('king');
      const ids = Array.from({ length: model.dimensions.vocab }, (_, id) => id).filter(begins);
      const rows = await rowsOf(page, 'Tokens', ids.length);
      expect(rows.map(([label]) => label).sort()).toEqual(ids.map((id) => model.vocabulary!.label(id)).sort());
      await page.getByRole('button', { name: 'means nearly this' }).click();
      await page.getByText('Nearest to').waitFor();
      const { top } = await readVector(model, 'tok:" king"', { k: 20, normalize: 'cosine' });
      const near = await rowsOf(page, 'Tokens', 20);
      expectTokens(
        near.map(([label, , , cosine]) => [label, cosine]),
        top,
      );
      await keepPicture(page, 'tokens', false);
    });
  });

  it('saves a table in full', async () => {
    const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], k: 200 });
    await look('/m/sample/head/1/5?matrix=qk', async (page) => {
      await rowsOf(page, 'QK pairs', 20);
      const save = async (name: string): Promise<Buffer> => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name, exact: true }).click(),
        ]);
        return readFileSync(await download.path());
      };
      const csv = parseCsv((await save('CSV: QK pairs')).toString('utf8'));
      const at = (name: string) => csv[0].indexOf(name);
      expect(csv.slice(1).map((row) => [row[at('first')], row[at('second')], Number(row[at('score')])])).toEqual(
        qk!.pairs.map(({ first, second, score }) => [first.label, second.label, score]),
      );
    });
  });
});

const models = process.env.WEIGHTSCOPE_MODELS;
const missing = browser ? (models ? '' : ' (skipped: set WEIGHTSCOPE_MODELS)') : NO_CHROMIUM;

describe.skipIf(!browser || !models)(`the explorer’s numbers of SmolLM2${missing}`, () => {
  const gguf = join(models ?? '', 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
  let own: Explorer;
  beforeAll(async () => {
    // A site would ship its normalisers, which takes a pass over the whole model and is not what is asked here.
    own = asSite() ? await startSite([gguf, '--no-normalisers']) : await startExplorer(gguf);
  });
  afterAll(() => own?.stop());

  it('are those of readNeuron and readHead', async () => {
    const whole = await openModel(gguf);
    const { parts } = await readNeuron(whole, 28, 100, { k: 24, normalize: 'none' });
    const { vo } = await readHead(whole, 29, 7, { matrices: ['vo'], k: 200, normalize: 'none' });
    const id = 'SmolLM2-135M-Instruct.Q4_1.gguf';
    await look(
      `/m/${id}/neuron/28/100?normalize=none`,
      async (page) => {
        expectTokens(await rowsOf(page, 'Value, top tokens', 24), parts.value!.top);
        await keepPicture(page, 'smollm2-neuron');
      },
      own,
    );
    await look(
      `/m/${id}/head/29/7?matrix=vo&normalize=none`,
      async (page) => {
        const rows = await rowsOf(page, 'VO pairs', 20);
        expect(rows.map(([, first, , second]) => `${first} ${second}`)).toEqual(labels(vo!.pairs.slice(0, 20)));
        await keepPicture(page, 'smollm2-head');
      },
      own,
    );
  });

  it('are there on the pages of the model and of a token, whose nearest tokens are those of readVector', async () => {
    const whole = await openModel(gguf);
    const [king] = whole.vocabulary!.find(' king');
    const { top } = await readVector(whole, 'tok:" king"', { k: 11, normalize: 'cosine' });
    const id = 'SmolLM2-135M-Instruct.Q4_1.gguf';
    await look(
      `/m/${id}/token/${king}?normalize=none`,
      async (page) => {
        expectTokens(await rowsOf(page, 'Nearest tokens', 10), top.slice(1));
        await keepPicture(page, 'smollm2-token');
      },
      own,
    );
    await look(
      `/m/${id}`,
      async (page) => {
        await page.getByText('30 layers of 9 heads (3 kv) and 1,536 gated neurons').waitFor();
        await page.getByRole('group', { name: /^Layers of neurons/ }).waitFor();
        await keepPicture(page, 'smollm2-model');
      },
      own,
    );
  });
});

const labels = (pairs: readonly { first: { label: string }; second: { label: string } }[]): string[] =>
  pairs.map(({ first, second }) => `${first.label} ${second.label}`);
