import type { Matrix } from '../engine.ts';

/** Seeded matrices for the conformance suite. */

export type Generator = () => number;

/** Uniform numbers in [0, 1) from a seed (mulberry32: a 32-bit counter, mixed). */
export const generator = (seed: number): Generator => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

const gauss = (g: Generator): number => Math.sqrt(-2 * Math.log(1 - g())) * Math.cos(2 * Math.PI * g());

const fill = (rows: number, columns: number, name: string, value: (column: number) => number): Matrix => {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = value(i % columns);
  return { data, rows, columns, name };
};

/** Independent normal entries of the given standard deviation. */
export const normal = (g: Generator, rows: number, columns: number, deviation: number, name: string): Matrix =>
  fill(rows, columns, name, () => deviation * gauss(g));

export const matrix = (g: Generator, rows: number, columns: number, name: string): Matrix =>
  normal(g, rows, columns, 1, name);

/** Whole numbers -range .. range: equal scores abound. */
export const integers = (g: Generator, rows: number, columns: number, range: number, name: string): Matrix =>
  fill(rows, columns, name, () => Math.floor(g() * (2 * range + 1)) - range);

/** Energy that falls with the column, as the factors of real heads have after rotation, and rows of unequal norms. */
export const spectral = (g: Generator, rows: number, columns: number, name: string): Matrix => {
  const x = fill(rows, columns, name, (column) => gauss(g) * (1 + column) ** -0.7);
  scaleRows(g, x, 0.3, 3);
  return x;
};

/** Multiplies each row by a factor drawn log-uniformly from low .. high. */
export const scaleRows = (g: Generator, x: Matrix, low: number, high: number): void => {
  for (let i = 0; i < x.rows; i++) {
    const factor = low * (high / low) ** g();
    for (let t = i * x.columns; t < (i + 1) * x.columns; t++) {
      // Kept finite: the suite has its own cases for infinities.
      x.data[t] = Math.max(-3e38, Math.min(3e38, x.data[t] * factor));
    }
  }
};
