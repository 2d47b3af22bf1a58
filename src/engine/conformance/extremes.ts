import type { Matrix } from '../engine.ts';
import { adding, type ConformanceCase, mask, same, samePairs, sameRows, scoreAt, value } from './compare.ts';
import { generator, integers, matrix, scaleRows } from './data.ts';

/** Ties, zeros, norms at the ends of fp32. */
export const extremes: ConformanceCase[] = [];
const add = adding(extremes);

add('integer factors with many ties', async (engine, oracle) => {
  const g = generator(2);
  for (const [range, d] of [
    [1, 8],
    [3, 16],
    [5, 40],
  ]) {
    const [a, b] = [integers(g, 150, d, range, 'A'), integers(g, 170, d, range, 'B')];
    for (const k of [1, 10, 500, 5000]) {
      for (const end of ['top', 'bottom'] as const) await samePairs(engine, oracle, a, b, { k, end });
    }
    await samePairs(engine, oracle, a, b, { k: 0, above: 3 });
    await samePairs(engine, oracle, a, b, { k: 300, above: 2, below: 5 });
    await sameRows(engine, oracle, a, b, { k: 25, ends: 'both', columns: { k: 25, ends: 'both' } });
  }
});

add('all scores equal', async (engine, oracle) => {
  const one = (rows: number): Matrix => ({ data: new Float32Array(rows * 16).fill(1), rows, columns: 16 });
  await samePairs(engine, oracle, one(90), one(110), { k: 200 });
  await samePairs(engine, oracle, one(90), one(110), { k: 200, end: 'bottom' });
  await samePairs(engine, oracle, one(90), one(110), { k: 5, above: 16 });
  await samePairs(engine, oracle, one(90), one(110), { k: 5, above: 15.999, below: 16.001 });
  await sameRows(engine, oracle, one(9), one(110), { k: 13, ends: 'both', columns: { k: 3, ends: 'both' } });
});

add('rows of zeros, and nothing but zeros', async (engine, oracle) => {
  const g = generator(3);
  const [a, b] = [matrix(g, 80, 24, 'A'), matrix(g, 90, 24, 'B')];
  a.data.fill(0, 0, 24 * 30);
  b.data.fill(0, 24 * 50);
  await samePairs(engine, oracle, a, b, { k: 5000 });
  await samePairs(engine, oracle, a, b, { k: 0, above: 0 });
  await samePairs(engine, oracle, a, b, { k: 0, above: -1e-30, below: 1e-30 });
  await sameRows(engine, oracle, a, b, { k: 60, ends: 'both', columns: { k: 70, ends: 'both' } });
  const zero: Matrix = { data: new Float32Array(24 * 80), rows: 80, columns: 24 };
  await samePairs(engine, oracle, zero, b, { k: 50 });
  await samePairs(engine, oracle, zero, zero, { k: 50, above: -1, end: 'bottom' });
  await sameRows(engine, oracle, zero, b, { k: 3, columns: { k: 2 } });
  const maskA = Uint8Array.from({ length: 80 }, (_, i) => (i < 30 && i % 3 ? 1 : 0));
  const maskB = Uint8Array.from({ length: 90 }, (_, j) => j % 7 && 1);
  const exclude = (i: number, j: number) => (i + j) % 2 === 0;
  // Only rows of zeros are let through.
  await samePairs(engine, oracle, a, b, { k: 200, maskA, maskB, exclude });
  for (const end of ['top', 'bottom'] as const) {
    await samePairs(engine, oracle, zero, b, { k: 6, above: 0, end });
    await samePairs(engine, oracle, b, zero, { k: 100_000, below: 1e-40, exclude, end });
    await samePairs(engine, oracle, zero, b, { k: 70, limitPerFirst: 1, limitPerSecond: 2, maskB, end });
    await samePairs(engine, oracle, zero, b, { k: 3000, limitPerSecond: 40, exclude, end });
  }
  await samePairs(engine, oracle, zero, b, { k: 0 });
});

add('pairs of zeros that a limit leaves for the round after pairs of other scores', async (engine, oracle) => {
  const g = generator(34);
  for (const end of ['top', 'bottom'] as const) {
    const many = matrix(g, 1500, 3, 'A');
    for (let at = 0; at < many.data.length; at++) many.data[at] = (end === 'top' ? 1 : -1) * Math.abs(many.data[at]);
    const few = { data: Float32Array.of(1, 1, 1, 0, 0, 0, 2, 1, 1, 0, 0, 0), rows: 4, columns: 3, name: 'B' };
    // A round lists 1,024 pairs: all are of rows that are not zeros, and only those are then at their limit.
    await samePairs(engine, oracle, many, few, { k: 20, limitPerSecond: 2, end });
    await samePairs(engine, oracle, few, many, { k: 20, limitPerFirst: 2, end });
    await samePairs(engine, oracle, many, few, { k: 20, limitPerFirst: 1, limitPerSecond: 2, end });
  }
});

add('huge and tiny norms', async (engine, oracle) => {
  const g = generator(4);
  for (const [low, high] of [
    [1e-30, 1e-20],
    [1e15, 1e18],
    [1e-38, 1e38],
    [1e-45, 1e-40],
    [1e-6, 1e6],
  ]) {
    const [a, b] = [matrix(g, 120, 40, 'A'), matrix(g, 100, 40, 'B')];
    scaleRows(g, a, low, high);
    scaleRows(g, b, low, high);
    for (const end of ['top', 'bottom'] as const) await samePairs(engine, oracle, a, b, { k: 150, end });
    await samePairs(engine, oracle, a, b, { k: 0, above: await scoreAt(oracle, a, b, 700) });
    await sameRows(engine, oracle, a, b, { k: 12, ends: 'both', columns: { k: 5, ends: 'both' } });
    same(value(await engine.matmul(a, b)), value(await oracle.matmul(a, b)), 'matmul');
  }
});

add('scores that differ in the last bits', async (engine, oracle) => {
  // Rows that are equal but for one unit in the last place: every screen is blind here, only rescoring decides.
  const g = generator(5);
  const nearly = (rows: number, d: number): Matrix => {
    const base = matrix(g, 1, d, '');
    const data = new Float32Array(rows * d);
    const bits = new Int32Array(data.buffer);
    for (let i = 0; i < rows; i++) {
      data.set(base.data, i * d);
      bits[i * d + Math.floor(g() * d)] += Math.floor(g() * 3) - 1;
    }
    return { data, rows, columns: d };
  };
  for (const d of [16, 64, 300]) {
    const [a, b] = [nearly(120, d), nearly(140, d)];
    for (const k of [1, 33, 1000]) await samePairs(engine, oracle, a, b, { k });
    await samePairs(engine, oracle, a, b, { k: 10, above: await scoreAt(oracle, a, b, 5000) });
    await sameRows(engine, oracle, a, b, { k: 20, ends: 'both', columns: { k: 7 } });
  }
});

add('linearly dependent columns (singular Gram matrices)', async (engine, oracle) => {
  const g = generator(6);
  const [a, b] = [matrix(g, 150, 32, 'A'), matrix(g, 130, 32, 'B')];
  for (let i = 0; i < 150; i++) for (let t = 5; t < 32; t++) a.data[i * 32 + t] = a.data[i * 32 + (t % 5)];
  for (let i = 0; i < 130; i++) b.data[i * 32 + 31] = 0;
  await samePairs(engine, oracle, a, b, { k: 200 });
  await samePairs(engine, oracle, b, a, { k: 200, end: 'bottom' });
});

add('topRows: many rows are zeros, or all', async (engine, oracle) => {
  const g = generator(24);
  const d = 20;
  const some = (rows: number, share: number, name: string): Matrix => {
    const x = matrix(g, rows, d, name);
    for (let i = 0; i < rows; i++) if (g() < share) x.data.fill(0, i * d, (i + 1) * d);
    return x;
  };
  for (const [rows, shareX, shareE] of [
    [5, 0.4, 0.4],
    [300, 0.3, 0.3],
    [300, 0.97, 0.97],
    [80, 0.2, 1],
    [80, 1, 0.2],
    [300, 1, 1],
  ]) {
    const [x, e] = [some(rows, shareX, 'X'), some(700, shareE, 'E')];
    const divisor = Float64Array.from({ length: 700 }, () => 0.5 + g());
    const only = { divisor, mask: mask(g, 700, 0.7) };
    for (const k of [3, 12, 480]) {
      await sameRows(engine, oracle, x, e, { k, ends: 'both' });
      await sameRows(engine, oracle, x, e, { k, ends: 'both', ...only });
      await sameRows(engine, oracle, x, e, { k, ends: 'both', ...only, columns: { k: 6, ends: 'both' } });
      await sameRows(engine, oracle, x, e, { k: 2, columns: { k, ends: 'both' } });
    }
  }
});
