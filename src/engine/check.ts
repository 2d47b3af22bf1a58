import { WeightscopeError } from '../errors.ts';
import type { Matrix, PairOptions, TopRowsOptions } from './engine.ts';

/** What every engine checks before it works, so that all refuse the same things with the same words. */

const invalid = (sentence: string): never => {
  throw new WeightscopeError('ARGUMENT_INVALID', sentence);
};

const nameOf = (matrix: Matrix, fallback: string): string => matrix.name ?? fallback;

const checkShape = (matrix: Matrix, name: string): void => {
  const { rows, columns, data } = matrix;
  if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(columns) || rows < 0 || columns < 0 || rows > 0xfffffffe) {
    invalid(`Expected ${name} to have whole, non-negative numbers of rows and columns, got ${rows} x ${columns}.`);
  }
  if (data.length !== rows * columns) {
    invalid(`Expected ${name} [${rows}, ${columns}] to hold ${rows * columns} values, got ${data.length}.`);
  }
};

/** Throws `ARGUMENT_INVALID` unless both matrices are well formed and have rows of equal length. */
export const checkShapes = (a: Matrix, b: Matrix): void => {
  const [nameA, nameB] = [nameOf(a, 'the first matrix'), nameOf(b, 'the second matrix')];
  checkShape(a, nameA);
  checkShape(b, nameB);
  if (a.columns !== b.columns) {
    invalid(`Expected ${nameA} and ${nameB} to have rows of one length, got ${a.columns} and ${b.columns}.`);
  }
};

/**
 * `NOT_FINITE`, naming matrix, row (as `number`, where rows are some of a larger matrix) and column; `which` names a
 * matrix without a name.
 */
export const notFinite = (matrix: Matrix, row: number, which: 'first' | 'second', number = row): WeightscopeError => {
  const name = nameOf(matrix, `the ${which} matrix`);
  let column = 0;
  while (column < matrix.columns - 1 && Number.isFinite(matrix.data[row * matrix.columns + column])) column++;
  const value = matrix.data[row * matrix.columns + column];
  return new WeightscopeError(
    'NOT_FINITE',
    `Expected finite numbers in ${name}, found ${value} in row ${number}, column ${column}; the checkpoint may be damaged.`,
  );
};

/** The largest size of a number. Throws `NOT_FINITE` for the first row with a NaN or an infinity. */
export const checkFinite = (matrix: Matrix, which: 'first' | 'second'): number => {
  const { data, columns } = matrix;
  const largest = largestOf(data);
  if (Number.isFinite(largest)) return largest;
  const at = data.findIndex((x) => !Number.isFinite(x));
  throw notFinite(matrix, Math.floor(at / columns), which);
};

/** The largest size of a number; no finite number where there is a NaN or an infinity. */
export const largestOf = (data: Float32Array): number => {
  // But for its sign, a number's bits as a whole number are in order of its size, and NaN and infinity come last.
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let largest = 0;
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i] & 0x7fffffff;
    if (size > largest) largest = size;
  }
  return new Float32Array(Int32Array.of(largest).buffer)[0];
};

const checkCount = (value: number | undefined, name: string): void => {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
    invalid(`Expected \`${name}\` to be a whole number, 0 or more, got ${value}.`);
  }
};

const checkMask = (mask: Uint8Array | undefined, rows: number, name: string): void => {
  if (mask && mask.length !== rows) {
    invalid(`Expected \`${name}\` to hold one byte per row, ${rows}, got ${mask.length}.`);
  }
};

export const checkTopRows = (x: Matrix, e: Matrix, options: TopRowsOptions): void => {
  checkShapes(x, e);
  checkCount(options.k, 'k');
  checkCount(options.columns?.k, 'columns.k');
  checkMask(options.mask, e.rows, 'mask');
  const { divisor } = options;
  if (!divisor) return;
  if (divisor.length !== e.rows) {
    invalid(`Expected \`divisor\` to hold one number per row, ${e.rows}, got ${divisor.length}.`);
  }
  // The limits keep every score finite.
  const bad = divisor.findIndex((x) => !(x > 1e-200 && x < 1e200));
  if (bad >= 0) invalid(`Expected every \`divisor\` between 1e-200 and 1e200, got ${divisor[bad]} at ${bad}.`);
};

export const checkTopPairs = (a: Matrix, b: Matrix, options: PairOptions): void => {
  checkShapes(a, b);
  checkMask(options.maskA, a.rows, 'maskA');
  checkMask(options.maskB, b.rows, 'maskB');
  for (const name of ['k', 'limitPerFirst', 'limitPerSecond'] as const) checkCount(options[name], name);
  for (const name of ['above', 'below'] as const) {
    if (Number.isNaN(options[name])) invalid(`Expected \`${name}\` to be a number, got NaN.`);
  }
  const { k, above, below, visit } = options;
  if (k === undefined && above === undefined && below === undefined && !visit) {
    invalid('Expected `k`, a threshold or `visit`: without one, topPairs would list every pair.');
  }
};
