import { WeightscopeError } from '../errors.ts';
import { type Generator, generator, integers, matrix, normal, scaleRows, spectral } from './conformance-data.ts';
import type { Engine, Matrix, PairBatch, PairOptions, TopRowsOptions } from './engine.ts';

/**
 * One suite for all engines: named cases that throw a sentence when the engine disagrees with the oracle (the
 * reference engine) or with the contract. Runs wherever JavaScript does: in a test, in a page.
 */
export interface ConformanceCase {
  name: string;
  run(engine: Engine, oracle: Engine): Promise<void>;
}

const fail = (sentence: string): never => {
  throw new Error(sentence);
};

type Value = number | ArrayLike<number> | undefined | { [key: string]: Value };

/** Bit-for-bit equality (NaN equals NaN, 0 differs from -0) of numbers, arrays and records of them. */
const same = (got: Value, expected: Value, at: string): void => {
  if (typeof got === 'number' || typeof expected === 'number' || got === undefined || expected === undefined) {
    if (!Object.is(got, expected)) fail(`${at}: expected ${String(expected)}, got ${String(got)}.`);
  } else if (ArrayBuffer.isView(expected) || Array.isArray(expected)) {
    const [a, b] = [got as ArrayLike<number>, expected as ArrayLike<number>];
    if (a.length !== b.length) fail(`${at}: expected ${b.length} values, got ${a.length}.`);
    for (let i = 0; i < b.length; i++) {
      if (!Object.is(a[i], b[i])) fail(`${at}[${i}]: expected ${b[i]}, got ${a[i]}.`);
    }
  } else {
    const [a, b] = [got as { [key: string]: Value }, expected as { [key: string]: Value }];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) same(a[key], b[key], `${at}.${key}`);
  }
};

const close = (got: Float64Array, expected: Float64Array, at: string, tolerance = 1e-6): void => {
  if (got.length !== expected.length) fail(`${at}: expected ${expected.length} values, got ${got.length}.`);
  for (let i = 0; i < got.length; i++) {
    if (!(Math.abs(got[i] - expected[i]) <= tolerance * Math.abs(expected[i]))) {
      fail(`${at}[${i}]: expected ${expected[i]} to ${tolerance} relative, got ${got[i]}.`);
    }
  }
};

const rejects = async (promise: Promise<unknown>, code: string, mentions = ''): Promise<void> => {
  const error = await promise.then(
    () => fail(`Expected ${code}, but the call succeeded.`),
    (error: unknown) => error,
  );
  if (!(error instanceof WeightscopeError) || error.code !== code || !error.message.includes(mentions)) {
    fail(`Expected ${code} mentioning "${mentions}", got ${String(error)}.`);
  }
};

const value = (x: unknown): Value => x as Value;

const samePairs = async (engine: Engine, oracle: Engine, a: Matrix, b: Matrix, options: PairOptions): Promise<void> =>
  same(value(await engine.topPairs(a, b, options)), value(await oracle.topPairs(a, b, options)), 'pairs');

const sameRows = async (engine: Engine, oracle: Engine, x: Matrix, e: Matrix, options: TopRowsOptions): Promise<void> =>
  same(value(await engine.topRows(x, e, options)), value(await oracle.topRows(x, e, options)), 'rows');

/** What `visit` saw, in the list's order, so that two engines' streams compare. */
const visited = async (engine: Engine, a: Matrix, b: Matrix, options: PairOptions): Promise<Value> => {
  const seen: [number, number, number][] = [];
  const visit = ({ length, first, second, score }: PairBatch): void => {
    for (let i = 0; i < length; i++) seen.push([first[i], second[i], score[i]]);
  };
  const pairs = await engine.topPairs(a, b, { ...options, visit });
  seen.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  return { pairs: value(pairs), seen: seen.flat() };
};

const sameVisits = async (engine: Engine, oracle: Engine, a: Matrix, b: Matrix, options: PairOptions): Promise<void> =>
  same(await visited(engine, a, b, options), await visited(oracle, a, b, options), 'visit');

const mask = (g: Generator, rows: number, share: number): Uint8Array =>
  Uint8Array.from({ length: rows }, () => (g() < share ? 1 : 0));

const cases: ConformanceCase[] = [];
const add = (name: string, run: ConformanceCase['run']): void => {
  cases.push({ name, run });
};

/** The score of rank `rank` among all pairs, for thresholds that sit exactly on a score. */
const scoreAt = async (oracle: Engine, a: Matrix, b: Matrix, rank: number, end: 'top' | 'bottom' = 'top') => {
  const { length, score } = await oracle.topPairs(a, b, { k: rank + 1, end });
  return score[Math.min(rank, length - 1)];
};

// ---------------------------------------------------------------- sizes

for (const [n, m, d] of [
  [1, 1, 1],
  [3, 5, 7],
  [17, 31, 15],
  [64, 65, 16],
  [33, 129, 33],
  [130, 67, 63],
  [257, 255, 64],
  [70, 300, 65],
  [40, 90, 257],
  [19, 70, 576],
]) {
  add(`sizes around vector widths: [${n}, ${d}] and [${m}, ${d}]`, async (engine, oracle) => {
    const g = generator(n * 1000 + m + d);
    const [a, b] = [matrix(g, n, d, 'A'), matrix(g, m, d, 'B')];
    await samePairs(engine, oracle, a, b, { k: 20 });
    await samePairs(engine, oracle, a, b, { k: 20, end: 'bottom' });
    await samePairs(engine, oracle, a, b, { k: 0, above: await scoreAt(oracle, a, b, Math.floor((n * m) / 3)) });
    await sameRows(engine, oracle, a, b, { k: 9, ends: 'both', columns: { k: 4, ends: 'both' } });
    const [got, expected] = [await engine.columnMeans(a, b), await oracle.columnMeans(a, b)];
    close(got.relu, expected.relu, 'relu');
    close(got.abs, expected.abs, 'abs');
    same(value(await engine.matmul(a, b)), value(await oracle.matmul(a, b)), 'matmul');
  });
}

add('empty matrices and rows of length 0', async (engine, oracle) => {
  const g = generator(1);
  for (const [n, m, d] of [
    [0, 5, 4],
    [5, 0, 4],
    [0, 0, 4],
    [3, 4, 0],
  ]) {
    const [a, b] = [matrix(g, n, d, 'A'), matrix(g, m, d, 'B')];
    await samePairs(engine, oracle, a, b, { k: 3 });
    await sameRows(engine, oracle, a, b, { k: 3, ends: 'both', columns: { k: 2, ends: 'both' } });
    same(value(await engine.columnMeans(a, b)), value(await oracle.columnMeans(a, b)), 'means');
    same(value(await engine.matmul(a, b)), value(await oracle.matmul(a, b)), 'matmul');
  }
});

// ---------------------------------------------------------------- approximate means

const sameMeans = async (engine: Engine, oracle: Engine, x: Matrix, e: Matrix, served?: boolean): Promise<void> => {
  const [got, expected] = [await engine.columnMeans(x, e, { approximate: true }), await oracle.columnMeans(x, e)];
  if (got.error !== undefined && !(got.error <= 5e-5)) fail(`Expected an error of at most 5e-5, got ${got.error}.`);
  if (served === false && got.error !== undefined) fail(`Expected exact means, got an error of ${got.error}.`);
  for (const of of ['relu', 'abs'] as const) close(got[of], expected[of], of, got.error === undefined ? 1e-6 : 1e-4);
};

add(
  'approximate means: within 1e-4, at odd sizes, with zero rows, sizes far apart and single large entries',
  async (engine, oracle) => {
    const g = generator(16);
    for (const [n, m, d] of [
      [256, 1, 1],
      [1000, 65, 7],
      [1537, 241, 40],
      [601, 97, 129],
    ]) {
      const [x, e] = [matrix(g, n, d, 'X'), matrix(g, m, d, 'E')];
      await sameMeans(engine, oracle, x, e);
      for (let i = 0; i < n; i++)
        for (let t = 0; t < d; t++) x.data[i * d + t] *= i % 5 === 0 ? 0 : 10 ** ((i % 7) - 3);
      for (let j = 0; j < m; j++)
        for (let t = 0; t < d; t++) e.data[j * d + t] *= j % 4 === 1 ? 0 : 10 ** ((j % 13) - 6);
      await sameMeans(engine, oracle, x, e);
      for (let i = 0; i < n; i += 2) x.data[i * d + (i % d)] = 1000;
      for (let j = 0; j < m; j += 3) e.data[j * d + (j % d)] = -1000;
      await sameMeans(engine, oracle, x, e);
      await sameMeans(engine, oracle, { ...x, data: x.data.map(() => 1) }, { ...e, data: e.data.map(() => -3) });
    }
  },
);

add('approximate means: exact ones where 16 bits cannot serve', async (engine, oracle) => {
  const g = generator(17);
  const d = 30;
  const [x, e] = [matrix(g, 600, d, 'X'), matrix(g, 90, d, 'E')];
  await sameMeans(engine, oracle, matrix(g, 100, d, 'X'), e, false);
  await sameMeans(engine, oracle, { ...x, data: x.data.map((value) => value * 1e15) }, e, false);
  await sameMeans(engine, oracle, { ...x, data: x.data.map((value) => value * 1e-30) }, e, false);
  // One dimension takes all bits, and the other matrix does not have it.
  const lost = { ...x, data: x.data.map((value, i) => (i % d === 0 ? 1e5 : value)) };
  await sameMeans(engine, oracle, lost, { ...e, data: e.data.map((value, i) => (i % d === 0 ? 0 : value)) }, false);
});

// ---------------------------------------------------------------- ties, zeros, extremes

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

// ---------------------------------------------------------------- selections

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

// ---------------------------------------------------------------- adversaries of the screens

add('pairs hidden from prefix and norm order', async (engine, oracle) => {
  // Long rows that are orthogonal, and short rows that agree exactly in the dimensions where nothing else has energy.
  const g = generator(14);
  for (const d of [32, 64, 128]) {
    const [a, b] = [matrix(g, 240, d, 'A'), matrix(g, 240, d, 'B')];
    for (let i = 0; i < 240; i++) {
      for (let t = 0; t < d; t++) {
        const [half, own] = [t < d / 2, t === d - 1 - (i % 5)];
        a.data[i * d + t] *= half ? 20 : own ? 3 : 1e-3;
        b.data[i * d + t] *= half ? 1e-3 : own ? 3 : 1e-3;
      }
    }
    for (const k of [1, 10, 240]) {
      for (const end of ['top', 'bottom'] as const) await samePairs(engine, oracle, a, b, { k, end });
    }
    await sameRows(engine, oracle, a, b, { k: 5, ends: 'both' });
  }
});

add('factors that lean to opposite ends of one direction', async (engine, oracle) => {
  // Sizes leave most pairs here, signs of the first rotated dimension few: rows are sorted into sectors.
  const g = generator(20);
  const [a, b] = [matrix(g, 300, 24, 'A'), matrix(g, 1300, 24, 'B')];
  for (let i = 0; i < 300; i++) a.data[i * 24] += 6 * g() - 1;
  for (let i = 0; i < 1300; i++) b.data[i * 24] -= 6 * g() - 1;
  for (const end of ['top', 'bottom'] as const) await samePairs(engine, oracle, a, b, { k: 40, end });
  await samePairs(engine, oracle, a, b, { k: 0, above: 30, maskB: mask(g, 1300, 0.7) });
});

add('rows whose quantisation errors all point one way', async (engine, oracle) => {
  // One large entry fixes the scale; all others sit just under half a step of 8 bits (or 16), so each rounds down by
  // nearly half a step, in both factors, with equal signs: the true score exceeds the screened one by what the bound
  // allows, and the decoys (exact multiples of a step) fill the list unless the bound is honoured in full.
  const d = 64;
  for (const steps of [63, 127, 255, 8191, 16383, 32767]) {
    for (const near of [0.499, 0.501, 0.4]) {
      const rows = 96;
      const make = (): Matrix => ({ data: new Float32Array(rows * d), rows, columns: d });
      const [a, b] = [make(), make()];
      const g = generator(steps);
      for (const x of [a, b]) {
        for (let i = 0; i < rows; i++) {
          const decoy = i % 2 === 1;
          x.data[i * d] = 1;
          for (let t = 1; t < d; t++) {
            const step = (decoy ? 1 : near) / steps;
            x.data[i * d + t] = step * (decoy ? Number(g() < 0.2 + 0.4 * (i / rows)) : 1);
          }
        }
      }
      for (const k of [1, 20, 2304, 3000]) await samePairs(engine, oracle, a, b, { k });
      await sameRows(engine, oracle, a, b, { k: 24, ends: 'both', columns: { k: 30, ends: 'both' } });
    }
  }
});

/** Rows as above, but that no dimension is larger than another: every entry but one is `near` steps of 1/`steps`, in turn rounded the same way, or whole. */
const rounding = (
  g: Generator,
  rows: number,
  d: number,
  steps: number,
  near: number,
  sign: number,
  name: string,
): Matrix => {
  const x = matrix(g, rows, d, name);
  for (let i = 0; i < rows; i++) {
    const decoy = i % 8 > 0;
    for (let t = 0; t < d; t++) {
      const whole = Number(g() < 0.25 + 0.2 * (i / rows));
      x.data[i * d + t] = t === i % d ? 1 : (decoy ? whole : sign * near) / steps;
    }
  }
  return x;
};

add('topRows screened, with rounding errors that all point one way', async (engine, oracle) => {
  const g = generator(20);
  const d = 96;
  for (const [stepsX, stepsE] of [
    [127, 63],
    [127, 127],
  ]) {
    for (const near of [0.49, 0.4, 0.6]) {
      for (const sign of [1, -1]) {
        const x = rounding(g, 420, d, stepsX, near, sign, 'X');
        const e = rounding(g, 430, d, stepsE, near, sign, 'E');
        await sameRows(engine, oracle, x, e, { k: 8, ends: 'both' });
        await sameRows(engine, oracle, x, e, { k: 2, ends: 'both', columns: { k: 2, ends: 'both' } });
      }
    }
  }
});

add('topRows screened: ties, zeros, divisors, masks, rows of all sizes', async (engine, oracle) => {
  const g = generator(21);
  for (const d of [3, 31, 130]) {
    const x = d === 31 ? integers(g, 410, d, 1, 'X') : matrix(g, 410, d, 'X');
    const e = d === 31 ? integers(g, 570, d, 1, 'E') : spectral(g, 570, d, 'E');
    e.data.fill(0, 5 * d, 9 * d);
    x.data.fill(0, 7 * d, 8 * d);
    const columns = { k: 2, ends: 'both' } as const;
    await sameRows(engine, oracle, x, e, { k: 11, ends: 'both', columns });
    await sameRows(engine, oracle, x, e, { k: 11, ends: 'both' });
    scaleRows(g, e, 1e-9, 1e9);
    const divisor = Float64Array.from({ length: 570 }, () => 10 ** (20 * g() - 10));
    await sameRows(engine, oracle, x, e, { k: 7, ends: 'both', divisor, mask: mask(g, 570, 0.8), columns });
    await sameRows(engine, oracle, x, e, { k: 7, ends: 'both', divisor, mask: mask(g, 570, 0.8) });
    scaleRows(g, x, 1e-30, 1e30);
    await sameRows(engine, oracle, x, e, { k: 3, ends: 'both', divisor, columns });
    await sameRows(engine, oracle, x, e, { k: 3, ends: 'both', divisor });
  }
});

add('topRows screened: rows of all sizes against columns of one direction', async (engine, oracle) => {
  const g = generator(23);
  const [d, columns] = [40, 700];
  const x = matrix(g, 60, d, 'X');
  scaleRows(g, x, 1e-30, 1);
  const e = matrix(g, columns, d, 'E');
  const u = e.data.slice(0, d);
  for (let j = 0; j < columns; j++) {
    const length = 1 + g();
    for (let t = 0; t < d; t++) e.data[j * d + t] = length * u[t];
  }
  // One end at a time: what one end's limit lets pass by mistake, the other's might have dropped.
  for (const ends of ['top', 'bottom'] as const) await sameRows(engine, oracle, x, e, { k: 5, ends });
});

add('topRows: guesses from a sample of columns, right and wrong', async (engine, oracle) => {
  const g = generator(22);
  const [d, rows, columns] = [8, 150, 1700];
  const x = matrix(g, rows, d, 'X');
  await sameRows(engine, oracle, x, matrix(g, columns, d, 'E'), { k: 25, ends: 'both' });
  // Columns of one norm, which thus keep their order: those of the first samples (steps of the golden ratio) score best, so that what is
  // guessed from them is more than what the k-th reaches.
  for (let i = 0; i < x.data.length; i++) x.data[i] = Math.abs(x.data[i]) + 4 * (d - (i % d));
  const e = matrix(g, columns, d, 'E');
  const first = new Set(Array.from({ length: 140 }, (_, p) => (p * 1051) % columns));
  for (let j = 0; j < columns; j++) {
    const [own, best] = [Array.from({ length: d }, (_, t) => d - t), first.has(j)];
    for (let t = d - 1; t > 0; t--) {
      const other = Math.floor(g() * (t + 1));
      const to = !best ? other : t === 1 + (j % 7) ? t - 1 : t;
      [own[t], own[to]] = [own[to], own[t]];
    }
    e.data.set(own, j * d);
  }
  for (const k of [12, 25, 34]) await sameRows(engine, oracle, x, e, { k, ends: 'both' });
});

// ---------------------------------------------------------------- errors and cancelling

add('NaN and infinity name the matrix and the row', async (engine) => {
  const g = generator(15);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const [a, b] = [matrix(g, 40, 21, 'the-good'), matrix(g, 50, 21, 'the-bad')];
    b.data[37 * 21 + 20] = bad;
    for (const call of [
      () => engine.topPairs(a, b, { k: 3 }),
      () => engine.topPairs(b, a, { k: 0, above: 1 }),
      () => engine.topRows(a, b, { k: 3 }),
      () => engine.topRows(b, a, { k: 3 }),
      () => engine.columnMeans(a, b),
      () => engine.columnMeans(b, a),
      () => engine.matmul(a, b),
      () => engine.matmul(b, a),
    ]) {
      await rejects(call(), 'NOT_FINITE', 'the-bad');
      await rejects(call(), 'NOT_FINITE', 'row 37');
    }
  }
});

add('arguments out of range are refused', async (engine) => {
  const g = generator(16);
  const [a, b, c] = [matrix(g, 4, 3, 'A'), matrix(g, 5, 3, 'B'), matrix(g, 5, 2, 'C')];
  const bad = 'ARGUMENT_INVALID';
  await rejects(engine.topPairs(a, c, { k: 1 }), bad);
  await rejects(engine.topPairs(a, b, {}), bad);
  await rejects(engine.topPairs(a, b, { k: -1 }), bad, '`k`');
  await rejects(engine.topPairs(a, b, { k: 1.5 }), bad, '`k`');
  await rejects(engine.topPairs(a, b, { above: Number.NaN }), bad, '`above`');
  await rejects(engine.topPairs(a, b, { k: 1, maskA: new Uint8Array(5) }), bad, '`maskA`');
  await rejects(engine.topPairs({ ...a, rows: 5 }, b, { k: 1 }), bad);
  await rejects(engine.topRows(a, c, { k: 1 }), bad);
  await rejects(engine.topRows(a, b, { k: Number.NaN }), bad, '`k`');
  await rejects(engine.topRows(a, b, { k: 1, mask: new Uint8Array(4) }), bad, '`mask`');
  await rejects(engine.topRows(a, b, { k: 1, divisor: new Float64Array(5) }), bad, '`divisor`');
  await rejects(engine.columnMeans(a, c), bad);
  await rejects(engine.matmul(a, c), bad);
});

add('a cancelled call rejects, and the next one works', async (engine, oracle) => {
  const g = generator(17);
  const [a, b] = [matrix(g, 300, 64, 'A'), matrix(g, 300, 64, 'B')];
  const cancelled = AbortSignal.abort();
  await rejects(engine.topPairs(a, b, { k: 3, signal: cancelled }), 'ABORTED');
  await rejects(engine.topRows(a, b, { k: 3, signal: cancelled }), 'ABORTED');
  await rejects(engine.columnMeans(a, b, { signal: cancelled }), 'ABORTED');
  await rejects(engine.matmul(a, b, { signal: cancelled }), 'ABORTED');
  const controller = new AbortController();
  const visit = (): void => controller.abort();
  await rejects(engine.topPairs(a, b, { visit, signal: controller.signal }), 'ABORTED');
  await samePairs(engine, oracle, a, b, { k: 3 });
});

add('an error thrown by a callback rejects the call', async (engine, oracle) => {
  const g = generator(18);
  const [a, b] = [matrix(g, 100, 16, 'A'), matrix(g, 100, 16, 'B')];
  const thrown = new Error('from the callback');
  const boom = (): never => {
    throw thrown;
  };
  for (const options of [{ visit: boom }, { k: 5, exclude: boom }, { k: 5, progress: boom }]) {
    const error = await engine.topPairs(a, b, options).catch((error: unknown) => error);
    if (error !== thrown) fail(`Expected the callback's own error, got ${String(error)}.`);
  }
  await samePairs(engine, oracle, a, b, { k: 3 });
});

add('progress never decreases and ends at 1; calls may overlap', async (engine, oracle) => {
  const g = generator(19);
  const [a, b] = [matrix(g, 200, 40, 'A'), matrix(g, 200, 40, 'B')];
  const watched = async (run: (progress: (done: number) => void) => Promise<unknown>): Promise<void> => {
    const seen: number[] = [];
    await run((done) => seen.push(done));
    if (seen.at(-1) !== 1 || seen.some((done, i) => done < 0 || done > 1 || done < (seen[i - 1] ?? 0))) {
      fail(`Expected progress to rise to 1, got ${seen.join(', ')}.`);
    }
  };
  await Promise.all([
    watched((progress) => engine.topPairs(a, b, { k: 10, progress })),
    watched((progress) => engine.topRows(a, b, { k: 10, progress })),
    watched((progress) => engine.columnMeans(a, b, { progress })),
    watched((progress) => engine.matmul(a, b, { progress })),
    samePairs(engine, oracle, a, b, { k: 50 }),
    sameRows(engine, oracle, b, a, { k: 5, columns: { k: 5 } }),
  ]);
});

// ---------------------------------------------------------------- seeded random cases

const randomPairs = async (seed: number, engine: Engine, oracle: Engine): Promise<void> => {
  const g = generator(seed);
  const whole = (low: number, high: number) => low + Math.floor(g() * (high - low + 1));
  const [n, m, d] = [whole(1, 220), whole(1, 220), whole(1, 90)];
  const make = [matrix, spectral, (...[g, n, d, name]: Parameters<typeof matrix>) => integers(g, n, d, 3, name)];
  const kind = make[whole(0, 2)];
  const [a, b] = [kind(g, n, d, 'A'), kind(g, m, d, 'B')];
  if (g() < 0.4) scaleRows(g, a, 0.01, 10);
  if (g() < 0.4) scaleRows(g, b, 1e-4, 1);
  const maybe = <T>(share: number, make: () => T): T | undefined => (g() < share ? make() : undefined);
  const edge = await scoreAt(oracle, a, b, whole(0, Math.min(n * m - 1, 3000)));
  const options: PairOptions = {
    k: maybe(0.8, () => [0, 1, whole(1, 100), whole(1, 3000)][whole(0, 3)]),
    end: g() < 0.4 ? 'bottom' : 'top',
    above: maybe(0.3, () => edge),
    below: maybe(0.3, () => edge + Math.abs(edge) * g()),
    maskA: maybe(0.3, () => mask(g, n, g())),
    maskB: maybe(0.3, () => mask(g, m, g())),
    exclude: maybe(0.2, () => (i, j) => (i * 7 + j) % 4 === 0),
    limitPerFirst: maybe(0.15, () => whole(0, 5)),
    limitPerSecond: maybe(0.15, () => whole(0, 5)),
  };
  if (g() < 0.3 || (options.k === undefined && options.above === undefined && options.below === undefined)) {
    await sameVisits(engine, oracle, a, b, options);
  } else {
    await samePairs(engine, oracle, a, b, options);
  }
};

const randomRows = async (seed: number, engine: Engine, oracle: Engine): Promise<void> => {
  const g = generator(seed);
  const whole = (low: number, high: number) => low + Math.floor(g() * (high - low + 1));
  const [n, m, d] = [whole(1, 60), whole(1, 300), g() < 0.5 ? whole(1, 80) : whole(200, 400)];
  const [x, e] =
    g() < 0.3
      ? [integers(g, n, d, 2, 'X'), integers(g, m, d, 2, 'E')]
      : [normal(g, n, d, 10 ** whole(-6, 6), 'X'), spectral(g, m, d, 'E')];
  if (g() < 0.4) scaleRows(g, e, 1e-3, 1e3);
  const ends = (['top', 'bottom', 'both'] as const)[whole(0, 2)];
  await sameRows(engine, oracle, x, e, {
    k: [0, 1, whole(1, 50), 400][whole(0, 3)],
    ends,
    divisor: g() < 0.5 ? Float64Array.from({ length: m }, () => 10 ** (3 * g() - 2)) : undefined,
    mask: g() < 0.4 ? mask(g, m, g()) : undefined,
    columns: g() < 0.5 ? { k: whole(0, 20), ends: (['top', 'bottom', 'both'] as const)[whole(0, 2)] } : undefined,
  });
};

for (let seed = 1; seed <= 140; seed++) add(`random pairs, seed ${seed}`, (e, o) => randomPairs(1000 + seed, e, o));
for (let seed = 1; seed <= 60; seed++) add(`random rows, seed ${seed}`, (e, o) => randomRows(5000 + seed, e, o));

/** All cases; each is deterministic, and all together take seconds on any engine but the oracle's own speed. */
export const conformanceCases: readonly ConformanceCase[] = cases;
