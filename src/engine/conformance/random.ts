import type { Engine, PairOptions } from '../engine.ts';
import { adding, type ConformanceCase, mask, samePairs, sameRows, sameVisits, scoreAt } from './compare.ts';
import { generator, integers, matrix, normal, scaleRows, spectral } from './data.ts';

/** Random cases from seeds. */
export const random: ConformanceCase[] = [];
const add = adding(random);

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
