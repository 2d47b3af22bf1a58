import { adding, type ConformanceCase, mask, samePairs, sameRows, sameVisits, scoreAt } from './compare.ts';
import { generator, integers, matrix, scaleRows, spectral } from './data.ts';

/** What is wanted of the pairs: k, masks, exclusions, limits, thresholds, visits, divisors. */
export const selections: ConformanceCase[] = [];
const add = adding(selections);

add('k = 0, k beyond what there is, masks that leave little', async (engine, oracle) => {
  const g = generator(7);
  const [a, b] = [matrix(g, 60, 20, 'A'), matrix(g, 70, 20, 'B')];
  const [maskA, maskB] = [mask(g, 60, 0.1), mask(g, 70, 0.05)];
  for (const k of [0, 1, 50, 1_000_000]) {
    await samePairs(engine, oracle, a, b, { k });
    await samePairs(engine, oracle, a, b, { k, maskA, maskB });
    await sameRows(engine, oracle, a, b, { k, ends: 'both', mask: maskB, columns: { k: 10, ends: 'both' } });
    await sameRows(engine, oracle, a, b, { k: 5, ends: 'bottom', columns: { k, ends: 'top' } });
  }
  const none = new Uint8Array(70);
  await samePairs(engine, oracle, a, b, { k: 5, maskB: none });
  await sameRows(engine, oracle, a, b, { k: 5, mask: none, columns: { k: 3 } });
});

add('masks that hide the largest rows', async (engine, oracle) => {
  const g = generator(8);
  const [a, b] = [matrix(g, 200, 32, 'A'), matrix(g, 300, 32, 'B')];
  scaleRows(g, a, 0.1, 10);
  scaleRows(g, b, 0.1, 10);
  const { first, second } = await oracle.topPairs(a, b, { k: 300 });
  const hide = (rows: number, indices: Uint32Array): Uint8Array => {
    const mask = new Uint8Array(rows).fill(1);
    for (const i of indices) mask[i] = 0;
    return mask;
  };
  const [maskA, maskB] = [hide(200, first), hide(300, second)];
  await samePairs(engine, oracle, a, b, { k: 100, maskA });
  await samePairs(engine, oracle, a, b, { k: 100, maskB });
  await samePairs(engine, oracle, a, b, { k: 100, maskA, maskB, end: 'bottom' });
  await sameRows(engine, oracle, a, b, { k: 10, mask: maskB, columns: { k: 10 } });
});

add('exclude leaves out of the list, not of the count', async (engine, oracle) => {
  const g = generator(9);
  const [a, b] = [matrix(g, 150, 24, 'A'), matrix(g, 150, 24, 'B')];
  for (const exclude of [
    (i: number, j: number) => (i + j) % 3 !== 0,
    (i: number, j: number) => i === j,
    (i: number, j: number) => i > 3 || j > 3,
    () => true,
  ]) {
    await samePairs(engine, oracle, a, b, { k: 100, exclude });
    await samePairs(engine, oracle, a, b, { k: 100, exclude, above: 1, end: 'bottom' });
    await sameVisits(engine, oracle, a, b, { exclude, above: 4 });
  }
});

add('limits per first and second index', async (engine, oracle) => {
  const g = generator(10);
  const [a, b] = [matrix(g, 90, 16, 'A'), matrix(g, 80, 16, 'B')];
  scaleRows(g, a, 0.01, 100);
  scaleRows(g, b, 0.01, 100);
  const ties = [integers(g, 60, 8, 2, 'A'), integers(g, 60, 8, 2, 'B')] as const;
  for (const limits of [
    { limitPerFirst: 1 },
    { limitPerSecond: 2 },
    { limitPerFirst: 1, limitPerSecond: 1 },
    { limitPerFirst: 3, limitPerSecond: 2 },
    { limitPerFirst: 0 },
  ]) {
    for (const k of [1, 20, 70, 1000]) {
      await samePairs(engine, oracle, a, b, { k, ...limits });
      await samePairs(engine, oracle, ...ties, { k, ...limits });
    }
    await samePairs(engine, oracle, a, b, { above: 0.5, ...limits });
    await samePairs(engine, oracle, a, b, { k: 30, end: 'bottom', exclude: (i, j) => i % 7 === j % 5, ...limits });
  }
});

add('thresholds: count only, listed, streamed, on a score exactly', async (engine, oracle) => {
  const g = generator(11);
  const [a, b] = [spectral(g, 300, 48, 'A'), spectral(g, 280, 48, 'B')];
  for (const rank of [0, 10, 1000, 20_000, 60_000]) {
    const threshold = await scoreAt(oracle, a, b, rank);
    await samePairs(engine, oracle, a, b, { k: 0, above: threshold });
    await samePairs(engine, oracle, a, b, { k: 0, below: threshold });
    await samePairs(engine, oracle, a, b, { k: 40, below: threshold });
    await samePairs(engine, oracle, a, b, { k: 40, above: threshold, end: 'bottom' });
    if (rank <= 1000) await sameVisits(engine, oracle, a, b, { above: threshold });
    if (rank <= 1000) await samePairs(engine, oracle, a, b, { above: threshold });
  }
  const [low, high] = [await scoreAt(oracle, a, b, 3000), await scoreAt(oracle, a, b, 100)];
  await sameVisits(engine, oracle, a, b, { above: low, below: high });
  await sameVisits(engine, oracle, a, b, { k: 77, above: low, below: high, end: 'bottom' });
  await samePairs(engine, oracle, a, b, { k: 10, above: high, below: low });
  await samePairs(engine, oracle, a, b, { k: 10, above: Number.NEGATIVE_INFINITY, below: Number.POSITIVE_INFINITY });
  await samePairs(engine, oracle, a, b, { k: 0, above: 0, maskA: mask(g, 300, 0.5), maskB: mask(g, 280, 0.5) });
});

add('visit without k and threshold streams every pair', async (engine, oracle) => {
  const g = generator(12);
  const [a, b] = [matrix(g, 70, 18, 'A'), matrix(g, 90, 18, 'B')];
  await sameVisits(engine, oracle, a, b, {});
  await sameVisits(engine, oracle, a, b, { maskA: mask(g, 70, 0.4), exclude: (i, j) => i === j });
});

add('divisors over many magnitudes', async (engine, oracle) => {
  const g = generator(13);
  for (const d of [12, 100, 320]) {
    const [x, e] = [matrix(g, 25, d, 'X'), matrix(g, 260, d, 'E')];
    const divisor = Float64Array.from({ length: 260 }, () => 10 ** (8 * g() - 4));
    for (const ends of ['top', 'bottom', 'both'] as const) {
      await sameRows(engine, oracle, x, e, { k: 30, ends, divisor });
      await sameRows(engine, oracle, x, e, { k: 5, ends, divisor, mask: mask(g, 260, 0.5), columns: { k: 6, ends } });
    }
  }
});
