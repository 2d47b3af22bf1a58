import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DrawnNull, falseDiscoveries } from './drawn.ts';
import { gaussian } from './nulls.ts';
import {
  cosineTail,
  incompleteBeta,
  logGamma,
  negativeBinomialTail,
  normalTail,
  poissonTail,
  sharedTail,
  studentTail,
} from './tails.ts';

// What fixtures/tails.py had from scipy.
const goldens = JSON.parse(readFileSync(fileURLToPath(new URL('fixtures/tails.json', import.meta.url)), 'utf8'));

describe('tails', () => {
  const functions = {
    logGamma,
    normalTail,
    studentTail,
    cosineTail,
    poissonTail,
    negativeBinomialTail,
    sharedTail,
    incompleteBeta,
  };
  it.each(Object.entries(functions))('%s is that of scipy', (name, tail) => {
    for (const row of goldens[name] as number[][]) {
      const [expected, ours] = [row.at(-1)!, (tail as (...of: number[]) => number)(...row.slice(0, -1))];
      if (name === 'logGamma') expect(Math.abs(ours - expected)).toBeLessThan(1e-13 * Math.max(1, Math.abs(expected)));
      else if (expected < 1e-290) expect(ours, `${name}(${row})`).toBeLessThan(1e-280);
      else expect(Math.abs(ours / expected - 1) || 0, `${name}(${row}), got ${ours}`).toBeLessThan(1e-9);
    }
  });
});

describe('falseDiscoveries', () => {
  it('are those of scipy, and leave out what is not there', () => {
    const { p, q } = goldens.falseDiscoveries;
    for (const [i, ours] of falseDiscoveries(p).entries()) expect(ours).toBeCloseTo(q[i], 12);
    const some = falseDiscoveries([0.01, Number.NaN, 0.5]);
    expect([...some]).toEqual([0.02, Number.NaN, 0.5]);
    expect([...falseDiscoveries([])]).toEqual([]);
  });
});

describe('DrawnNull', () => {
  it('ranks a value among few draws, and never gives 0', () => {
    const null3 = new DrawnNull([1, 2, 3]);
    expect([0, 2, 4].map((x) => null3.p(x, 'upper'))).toEqual([1, 0.75, 0.25]);
    expect([0, 2, 4].map((x) => null3.p(x, 'lower'))).toEqual([0.25, 0.75, 1]);
    expect(null3.p(2, 'both')).toBe(1);
    expect(null3.p(9, 'both')).toBe(0.5);
    expect(new DrawnNull([]).p(3, 'upper')).toBe(1);
    expect(new DrawnNull(new Float64Array(100)).p(1, 'upper')).toBeCloseTo(1 / 101, 12);
    expect(new DrawnNull(gaussian(1000, 1)).p(1e6, 'upper')).toBeGreaterThan(0);
  });

  it.each([
    ['a normal', 2.5, (u: number) => normalQuantile(u)],
    ['an exponential', 2.5, (u: number) => -Math.log(u)],
    ['a heavy', 2.5, (u: number) => u ** -0.25],
    // That it ends at 1 cannot be known from draws: p is never too small.
    ['a bounded', 40, (u: number) => 1 - u],
  ])('knows %s tail to a tenth of what the draws show', (_, most, quantile) => {
    const ratios = new Map<number, number[]>();
    for (let seed = 1; seed <= 24; seed++) {
      const drawn = new DrawnNull(gaussian(4000, 1000 + seed).map((x) => quantile(normalTail(x))));
      for (const p of [0.5, 0.1, 0.03, 1e-2, 1e-3, 1e-4])
        ratios.set(p, [...(ratios.get(p) ?? []), drawn.p(quantile(p), 'upper') / p]);
    }
    for (const [p, all] of ratios) {
      const mean = all.reduce((a, b) => a + b) / all.length;
      const by = p < 1e-3 ? 2.5 : p < 1e-2 ? 1.35 : 1.1;
      expect(mean, `p = ${p}`).toBeGreaterThan(1 / by);
      expect(mean, `p = ${p}`).toBeLessThan(p < 1e-2 ? Math.max(by, most) : by);
    }
  });

  it('has uniform p-values under its null, on both sides', () => {
    const drawn = new DrawnNull(gaussian(40_000, 31).map(Math.exp));
    const found = Array.from(gaussian(20_000, 32).map(Math.exp), (x) => drawn.p(x, 'both'));
    for (const alpha of [0.05, 0.01]) {
      const share = found.filter((p) => p < alpha).length / found.length;
      expect(share / alpha).toBeGreaterThan(0.8);
      expect(share / alpha).toBeLessThan(1.2);
    }
  });
});

/** x with P(Z > x) = p. */
function normalQuantile(p: number): number {
  let [low, high] = [-40, 40];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > p) low = middle;
    else high = middle;
  }
  return low;
}
