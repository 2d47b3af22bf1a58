import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headersOnly, LLAMA_70B } from '../../test/headers-only.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { time } from '../cli/output/time.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { openCheckpoint } from '../model/open.ts';
import { RATES } from './cost.ts';
import { measuredRates } from './measure.ts';
import { atlasPlan } from './scale.ts';

const llama = () => openCheckpoint(headersOnly(LLAMA_70B), { name: 'a 70B model', vocabulary: null });

describe('a plan', () => {
  it('adds up the operations of all units', () => {
    // Neurons: 3 parts x 12 vectors; normalisers: those and q, o 24 each, k, v 12 each; x 30 tokens x 8 wide x 2.
    const directions = 10 + 1 + 2 * 3;
    const products = (3 * 12 * 2 + 2 * 24 + 2 * 12 + directions) * 30 * 8 * 2;
    const heads = 2 * (2 * 30 * 8 * 3 * (2 * 4 + 2 * 2) + 2 * 4 * (2 * 30 * 30 * 3));
    expect(atlasPlan(tinyModel()).operations).toBe(products + heads);
  });

  it('of a 70B model is made from headers alone, and adds up', async () => {
    const plan = atlasPlan(await llama());
    const { hidden_size: d, num_hidden_layers: layers, intermediate_size: ff, vocab_size: v } = LLAMA_70B;
    const [neurons, heads] = [layers * ff, layers * 64];
    const [q, kv] = [heads * 128, layers * 8 * 128];
    const rows = 3 * neurons + (2 * layers + 1);
    const means = 3 * neurons + 2 * q + 2 * kv;
    // A head is a unit of its own, so that each makes all four factors, those of its kv head too.
    const factors = 2 * v * d * 4 * q;
    expect(plan.operations / (2 * v * d * (rows + means) + factors + heads * 2 * 2 * v * v * 128)).toBeCloseTo(1, 12);
    // Every tensor but embed_tokens once, the normalisers' vectors twice; heads' vectors are counted as fp32.
    const matrices = 2 * d * (3 * neurons + 2 * q + 2 * kv);
    expect(plan.bytesRead).toBeGreaterThan(2 * v * d + 2 * matrices);
    expect(plan.bytesRead).toBeLessThan(1.3 * (2 * v * d + 2 * matrices));
    expect(plan.memory).toBeGreaterThan(4 * v * d);
    expect(plan.memory).toBeLessThan(4 * v * d + 4e9);
  });

  it('never takes longer on more machines to compute, and no less than its share', async () => {
    const { scales } = atlasPlan(await llama(), {}, { machines: [1, 2, 10, 100, 100_000] });
    for (const [i, { machines, computing, seconds, reading, merging }] of scales.entries()) {
      expect(computing).toBeGreaterThanOrEqual(scales[0].computing / machines);
      if (i > 0) expect(computing).toBeLessThan(scales[i - 1].computing);
      expect(seconds).toBeCloseTo(computing + reading + merging, 6);
    }
  });

  it('scales with the rates', async () => {
    const half = Object.fromEntries(Object.entries(RATES).map(([kind, rate]) => [kind, rate / 2])) as never;
    const [fast, slow] = [undefined, half].map((rates) => atlasPlan(tinyModel(), {}, { rates }).scales[0].computing);
    expect(slow).toBeGreaterThan(fast);
  });

  it('measures positive rates', async () => {
    const { rates } = await measuredRates(tinyModel(), { top: 5, pairs: 5 }, { engine: referenceEngine() });
    expect(Object.keys(rates).sort()).toEqual(Object.keys(RATES).sort());
    for (const rate of Object.values(rates)) expect(rate).toBeGreaterThan(0);
  });
});

describe('docs/scale.md', () => {
  const page = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8');

  it('says what a 70B model takes by the rates it states', async () => {
    const [, ...stated] =
      /means ([\d.]+),\s+rows ([\d.]+),\s+factors ([\d.]+),\s+pairs ([\d.]+)\s+giga/.exec(page) ?? [];
    const [means, rows, factors, pairs] = stated.map((rate) => Number(rate) * 1e9);
    const plan = atlasPlan(await llama(), {}, { rates: { means, rows, factors, pairs } });
    for (const { machines, ...parts } of plan.scales) {
      const { seconds, computing, reading, merging } = parts;
      const cells = [machines, ...[seconds, computing, reading, merging].map(time)];
      expect(page).toContain(`| ${cells.join(' | ')} |`);
    }
  });
});
