import type { Matrix } from '../../engine.ts';

/**
 * Sums of products that are rounded to fp32 need to be so large for what underflow may take to be less than 2^-25 of
 * them: a product loses at most 2^-150 by it.
 */
export const absolute64 = (rows: number): number => rows * 2 ** -125;

/**
 * Whether no score can underflow in fp32. Numbers of at least 2^a are multiples of 2^(a - 23) (of 2^-149 where that is
 * more), and so are products and their fp64 sums, rounded ones too, of the product of both units: a score is 0, or at
 * least 2^-126.
 */
export const isCoarse = (x: Matrix, e: Matrix): boolean => unit(x) + unit(e) >= -126;

/** The exponent of a power of two that all numbers of a matrix are multiples of. */
const unit = ({ data }: Matrix): number => {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size < smallest && size > 0) smallest = size;
  }
  return smallest === Number.POSITIVE_INFINITY ? 0 : Math.max(-149, Math.floor(Math.log2(smallest)) - 24);
};
