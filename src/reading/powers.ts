/**
 * Powers as products: `**` is left to each runtime, which differ in the last bit (and one differs from itself, before
 * and after it has compiled a loop), while products and square roots are the same everywhere.
 */
export const squared = (x: number): number => x * x;
export const cubed = (x: number): number => x * x * x;
export const toFourth = (x: number): number => squared(squared(x));
/** x^1.5 */
export const toThreeHalves = (x: number): number => x * Math.sqrt(x);
