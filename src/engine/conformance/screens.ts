import type { Matrix } from '../engine.ts';
import { adding, type ConformanceCase, mask, samePairs, sameRows, watched } from './compare.ts';
import { type Generator, generator, integers, matrix, scaleRows, spectral } from './data.ts';

/** Adversaries of the screens: what bounds, prefixes, norms and guesses would miss if they were a little too bold. */
export const screens: ConformanceCase[] = [];
const add = adding(screens);

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

add('long rows of which no dimension is less than another', async (engine, oracle) => {
  // All dimensions are screened, up to 513; where pairs are many for the length they are rotated first.
  const g = generator(24);
  for (const [rows, d] of [
    [360, 96],
    [200, 128],
    [200, 256],
    [160, 513],
    [160, 530],
  ]) {
    const [a, b] = [matrix(g, rows, d, 'A'), matrix(g, rows + 37, d, 'B')];
    for (const end of ['top', 'bottom'] as const) await samePairs(engine, oracle, a, b, { k: 60, end });
    await samePairs(engine, oracle, a, b, { k: 5, above: 2.5 * Math.sqrt(d), maskA: mask(g, rows, 0.7) });
    // Equal scores at the end of the list.
    const same = integers(g, rows, d, 1, 'A');
    await samePairs(engine, oracle, same, integers(g, rows, d, 1, 'B'), { k: 500 });
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
  for (const [d, steps] of [...[63, 127, 255, 8191, 16383, 32767].map((steps) => [64, steps]), [256, 63], [256, 127]]) {
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

/**
 * Rows as above, but that no dimension is larger than another: every entry but one is `near` steps of 1/`steps`, in
 * turn rounded the same way, or whole.
 */
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
  // Columns of one norm, which thus keep their order: those of the first samples (steps of the golden ratio) score
  // best, so that what is guessed from them is more than what the k-th reaches.
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
  await watched((progress) => engine.topRows(x, e, { k: 25, ends: 'both', progress }));
});
