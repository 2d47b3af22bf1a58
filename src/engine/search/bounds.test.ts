import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Matrix } from '../engine.ts';
import { instantiate } from '../wasm/instantiate.ts';
import { compile, newMemory } from '../wasm/module.ts';
import { wasmEngine } from '../wasm/wasm.ts';
import { type Rounded, rotationError } from './bounds.ts';
import { Layout } from './memory.ts';
import { placeScreen } from './pairs/screen.ts';
import { screenScratch } from './pairs/screen-task.ts';
import { runTask } from './tasks.ts';

const bound = vi.hoisted(() => ({ share: 1, share8: 1, share16: 1 }));
vi.mock('./bounds.ts', async (original) => {
  const real = await original<typeof import('./bounds.ts')>();
  return {
    ...real,
    relative32: (d: number) => bound.share * real.relative32(d),
    listError: (d: number) => bound.share * real.listError(d),
    residual8: (residual: number, norm: number) => bound.share8 * real.residual8(residual, norm),
    error16: (a: Rounded, b: Rounded) => bound.share16 * real.error16(a, b),
  };
});

// Rows here are made to be rounded as they are.
vi.mock('./rows/frame.ts', () => ({
  frame: ({ columns }: Matrix) => {
    const ones = new Float64Array(columns).fill(1);
    return { x: ones, e: ones, direction: new Float64Array(columns) };
  },
}));

/**
 * Rows on which fp32 sums are as wrong as the bound allows: 1 + d products each just under (over) half a unit in the
 * last place, which are all lost (all rounded up). So the bound is sharp: with half of it the same search is wrong.
 */
const D = 128;
const U = 2 ** -24;
const row = (first: number, rest: number, filled = D - 1): number[] =>
  Array.from({ length: D }, (_, t) => (t === 0 ? first : t <= filled ? rest : 0));
const matrix = (...rows: number[][]): Matrix => ({
  data: Float32Array.from(rows.flat()),
  rows: rows.length,
  columns: D,
});

const x = matrix(row(1, 2 ** -12));
/** The row so often that packing pays. */
const many = ({ data }: Matrix): Matrix => matrix(...Array.from({ length: 9 }, () => Array.from(data)));
const lossy = row(1, 2 ** -12 * (1 - 2 ** -10)); // 1 in fp32, 1 + 0.999 (D - 1) U in truth
const gained = row(1, 2 ** -12 * (1 + 2 ** -10), D - 4); // 1 + 2 (D - 4) U in fp32, 1 + 1.001 (D - 4) U in truth

describe('the bound of fp32 sums is sharp', async () => {
  // On the calling thread, where the bound can be replaced.
  const engine = await wasmEngine({ threads: 0 });
  afterAll(() => engine.close());
  beforeEach(() => {
    bound.share = 1;
    bound.share8 = 1;
  });

  const count = async () =>
    (await engine.topPairs(x, matrix(lossy, row(1.0001, 0)), { k: 0, above: 1 + 0.6 * D * U })).count;
  const best = async () => (await engine.topRows(many(x), matrix(gained, lossy), { k: 1 })).top!.index[0];

  it('counts right with it, wrong with half of it', async () => {
    expect(await count()).toBe(2);
    bound.share = 0.5;
    expect(await count()).toBe(1);
  });

  it('ranks right with it, wrong with half of it', async () => {
    expect(await best()).toBe(1);
    bound.share = 0.5;
    expect(await best()).toBe(0);
  });
});

/**
 * Rows that lose nearly half a step in every dimension, all one way, against rows of equal whole steps, so that the
 * bound is reached but for 1 %. Larger rows with a score just below are met first, in numbers that give a threshold.
 */
describe('the bound of the 8-bit screen is sharp', async () => {
  const engine = await wasmEngine({ threads: 0 });
  afterAll(() => engine.close());
  beforeEach(() => {
    bound.share8 = 1;
  });

  /** `first`, then `rest` steps of `steps`; the last dimension is left to the decoys. */
  const steps = (steps: number, rest: number): number[] => row(1, rest / steps, D - 2);
  const found = async (own: number[], target: number[]): Promise<number> => {
    const score = own.reduce((sum, value, t) => sum + value * target[t], 0);
    const share = (0.9985 * score) / own.reduce((sum, value) => sum + value, 0);
    const decoy = Array.from({ length: D }, (_, t) => (t === D - 1 ? 100 : share));
    const e = matrix(...Array.from({ length: 64 }, () => decoy), target);
    const { top } = await engine.topRows(many(matrix(own)), e, { k: 1 });
    return top!.index[0];
  };
  const flat = row(1, 1, D - 2);

  it('finds what x loses with it, not with half of it', async () => {
    expect(await found(steps(127, 30.49), flat)).toBe(64);
    bound.share8 = 0.5;
    expect(await found(steps(127, 30.49), flat)).toBe(0);
  });

  it('finds what e loses with it, not with half of it', async () => {
    expect(await found(flat, steps(63, 20.49))).toBe(64);
    bound.share8 = 0.5;
    expect(await found(flat, steps(63, 20.49))).toBe(0);
  });
});

/**
 * A row that loses nearly half a step of 16 bits in every dimension, which one row of e makes a loss and another a
 * gain.
 */
describe('the bound of 16-bit products is sharp', async () => {
  const engine = await wasmEngine({ threads: 0 });
  afterAll(() => engine.close());
  beforeEach(() => {
    bound.share16 = 1;
  });

  it('finds the best row with it, not with half of it', async () => {
    const own = row(1, 30.49 / 32767, D - 2);
    const best = row(1, 1, D - 2);
    const next = row(1 + (2 * (D - 2) * 30.49) / 32767 - 1e-5, -1, D - 2);
    const e = matrix(next, best, ...Array.from({ length: 62 }, () => row(0.1, 0)));
    const found = async () => (await engine.topRows(many(matrix(own)), e, { k: 1 })).top!.index[0];
    expect(await found()).toBe(1);
    bound.share16 = 0.5;
    expect(await found()).toBe(0);
  });
});

it('the bound of rotated rows is sharp: a rotation whose columns all lose what they can comes to more than half of it', async () => {
  const { module } = await compile(false, false);
  const memory = instantiate(module, newMemory(1 << 20, false));
  const layout = new Layout();
  const places = placeScreen(layout, matrix(lossy), matrix(lossy), {});
  const scratch = layout.take(screenScratch(D));
  new Float32Array(memory.buffer, places.a.rowsAt, D).set(x.data);
  // Every column of the rotation is `lossy`, so that each product of the row with it is 1 in fp32.
  const panels = new Float32Array(memory.buffer, places.rotations[0], D * D);
  for (let at = 0; at < D * D; at++) panels[at] = Math.fround(lossy[(at >> 3) % D]);
  const length = (row: ArrayLike<number>) => Math.sqrt(Array.from(row).reduce((sum, value) => sum + value * value, 0));
  const error = rotationError(D, Math.sqrt(D) * length(Float32Array.from(lossy)));
  const shape = { side: places.a, from: 0, to: 1, d: D };
  runTask('prepare', memory, scratch, { ...shape, step: 'measure', every: 1, which: 0 });
  const rotation = { stride: D, panelsAt: places.rotations[0], scale: 1, sign: 1, error };
  runTask('prepare', memory, scratch, { ...shape, step: 'rotate', ...rotation });

  const rotated = new Float32Array(memory.buffer, places.a.rotatedAt, D);
  const exact = x.data.reduce((sum, value, t) => sum + value * Math.fround(lossy[t]), 0);
  const distance = length(Array.from(rotated, (value) => value - exact));
  const bound = length(x.data) * error.relative + error.absolute;
  expect(distance).toBeLessThanOrEqual(bound);
  expect(distance).toBeGreaterThan(bound / 2);
});
