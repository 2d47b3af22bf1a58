import { WeightscopeError } from '../../errors.ts';
import type { Engine, Matrix, PairBatch, PairOptions, TopRowsOptions } from '../engine.ts';
import type { Generator } from './data.ts';

/** Throws a sentence when the engine disagrees with the oracle (the reference engine) or with the contract. */
export interface ConformanceCase {
  name: string;
  run(engine: Engine, oracle: Engine): Promise<void>;
}

export const fail = (sentence: string): never => {
  throw new Error(sentence);
};

type Value = number | ArrayLike<number> | undefined | { [key: string]: Value };

/** Bit-for-bit equality (NaN equals NaN, 0 differs from -0) of numbers, arrays and records of them. */
export const same = (got: Value, expected: Value, at: string): void => {
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

export const close = (got: Float64Array, expected: Float64Array, at: string, tolerance = 1e-6): void => {
  if (got.length !== expected.length) fail(`${at}: expected ${expected.length} values, got ${got.length}.`);
  for (let i = 0; i < got.length; i++) {
    if (!(Math.abs(got[i] - expected[i]) <= tolerance * Math.abs(expected[i]))) {
      fail(`${at}[${i}]: expected ${expected[i]} to ${tolerance} relative, got ${got[i]}.`);
    }
  }
};

export const rejects = async (promise: Promise<unknown>, code: string, mentions = ''): Promise<void> => {
  const error = await promise.then(
    () => fail(`Expected ${code}, but the call succeeded.`),
    (error: unknown) => error,
  );
  if (!(error instanceof WeightscopeError) || error.code !== code || !error.message.includes(mentions)) {
    fail(`Expected ${code} mentioning "${mentions}", got ${String(error)}.`);
  }
};

export const value = (x: unknown): Value => x as Value;

export const samePairs = async (
  engine: Engine,
  oracle: Engine,
  a: Matrix,
  b: Matrix,
  options: PairOptions,
): Promise<void> =>
  same(value(await engine.topPairs(a, b, options)), value(await oracle.topPairs(a, b, options)), 'pairs');

export const sameRows = async (
  engine: Engine,
  oracle: Engine,
  x: Matrix,
  e: Matrix,
  options: TopRowsOptions,
): Promise<void> =>
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

export const sameVisits = async (
  engine: Engine,
  oracle: Engine,
  a: Matrix,
  b: Matrix,
  options: PairOptions,
): Promise<void> => same(await visited(engine, a, b, options), await visited(oracle, a, b, options), 'visit');

export const mask = (g: Generator, rows: number, share: number): Uint8Array =>
  Uint8Array.from({ length: rows }, () => (g() < share ? 1 : 0));

/** Progress of a call never decreases and ends at 1. */
export const watched = async (run: (progress: (done: number) => void) => Promise<unknown>): Promise<void> => {
  const seen: number[] = [];
  await run((done) => seen.push(done));
  if (seen.at(-1) !== 1 || seen.some((done, i) => done < 0 || done > 1 || done < (seen[i - 1] ?? 0))) {
    fail(`Expected progress to rise to 1, got ${seen.join(', ')}.`);
  }
};

/** What adds cases to a list. */
export const adding =
  (cases: ConformanceCase[]) =>
  (name: string, run: ConformanceCase['run']): void => {
    cases.push({ name, run });
  };

/** The score of rank `rank` among all pairs, for thresholds that sit exactly on a score. */
export const scoreAt = async (oracle: Engine, a: Matrix, b: Matrix, rank: number, end: 'top' | 'bottom' = 'top') => {
  const { length, score } = await oracle.topPairs(a, b, { k: rank + 1, end });
  return score[Math.min(rank, length - 1)];
};
