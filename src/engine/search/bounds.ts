/**
 * Error bounds of the screens; docs/engine.md proves them. All values are in scaled units: both operands are
 * multiplied by powers of two that bring the largest norm into [1/2, 1).
 */

/** Unit roundoff of fp32. */
const U32 = 2 ** -24;

/**
 * |fp32 product - true product| <= relative32(d) |a| |b| + ABSOLUTE32(d): d products and d - 1 sums in any order (at
 * most d + 1 roundings on a path, the rounding of scaled operands included), and underflow.
 */
export const relative32 = (d: number): number => ((d + 4) * U32) / (1 - (d + 4) * U32);
export const absolute32 = (d: number): number => (d + 4) * 2 ** -144;
/** The same with room for four more roundings, of values as lists keep them. */
export const listError = (d: number): number => relative32(d + 4);

/**
 * How far a row, scaled and rotated in fp32, is from the true one: at most `relative` times its scaled norm +
 * `absolute`. `norm` is the Frobenius norm of the rotation, whose entries are rounded to fp32.
 */
export const rotationError = (d: number, norm: number): { relative: number; absolute: number } => ({
  relative: relative32(d) * norm,
  absolute: (1 + norm) * d ** 1.5 * 2 ** -148,
});

/**
 * Norm of what rounding a row of norm `norm` to whole steps lost, in steps: `residual` with the roundings of fp64, and
 * a share of the norm for those of fp32 where the screen compares (docs/engine.md).
 */
export const residual8 = (residual: number, norm: number): number => (residual + 2 ** -18 * norm) * (1 + 1e-8);

/** A row as a bound sees it: its norm and the norm of what rounding lost, both scaled and at least the true ones. */
export interface Rounded {
  norm: number;
  residual: number;
}

/**
 * How far the product of two rounded rows, itself rounded to fp32, is from the true product at most: |a||b - b'| + |a -
 * a'||b'| in fp64, and fp32 roundings of a number no larger than |a'||b'|, with room for those of values as lists keep
 * them.
 */
export const error16 = (a: Rounded, b: Rounded): number =>
  (a.norm * b.residual + a.residual * (b.norm + b.residual)) * (1 + 1e-6) +
  8 * U32 * (a.norm + a.residual) * (b.norm + b.residual) +
  2 ** -144;

/** The largest fp32 that is surely <= x; the smallest that is surely >= x. */
export const fp32Below = (x: number): number => {
  const rounded = Math.fround(x);
  return rounded <= x ? rounded : Math.fround(x - Math.abs(x) * 2 ** -23 - 2 ** -149);
};
export const fp32Above = (x: number): number => -fp32Below(-x);

/** The power of two that brings `norm` into [1/2, 1); 1 for 0. */
export const scaleFor = (norm: number): number => {
  if (norm === 0) return 1;
  let scale = 2 ** -(Math.floor(Math.log2(norm)) + 1);
  while (norm * scale >= 1) scale /= 2;
  while (norm * scale < 0.5) scale *= 2;
  return scale;
};
