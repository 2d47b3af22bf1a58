import type { Model } from '../model/types.ts';

/** Bits of a number's mantissa, the leading one included, and the exponent below which its steps get no smaller. */
const TYPES: Readonly<Record<string, readonly [bits: number, least: number]>> = {
  // Numbers are read as fp32, whatever they are.
  F64: [24, -126],
  F32: [24, -126],
  BF16: [8, -126],
  F16: [11, -14],
};

/** What rounding to the coarser of two types does to numbers. */
export interface Rounding {
  /** The change that it is expected to make, relative to the numbers' own root mean square. */
  readonly expected: number;
  /**
   * No relative change beyond this is rounding, whatever each number does; of types that are as fine as what is read.
   */
  readonly most: number;
  /** By the exponent field of an fp32: how far rounding moves a number at most. */
  readonly reach: Float64Array;
}

/**
 * What rounding to a type of p bits changes, relative to the numbers' own root mean square: an error of up to half a
 * unit, 2^(1-p) of the power of two below, evenly spread, where the mantissas are spread as logarithms are.
 */
const roundingError = (p: number): number => (2 ** (1 - p) * Math.sqrt(2 * Math.LN2)) / 6;

/** What rounding to BF16 changes: models that differ by less are nearly equal. */
export const NEARLY = roundingError(8);

/**
 * Rounding changes no number by more than half a unit of its last place, 2^-p of itself: so many times the mean above.
 */
const MOST = 0.5 / (Math.sqrt(2 * Math.LN2) / 6);

const known = new Map<string, Rounding>();

/**
 * Of a parameter in two models; undefined where either is stored in a type of blocks. A number that is rounded to a
 * coarser type moves by half a step of it at most. Where both have one type nothing has to be rounded, but sums that
 * are made in another order end up to a step apart, and in fp32, where terms cancel, further: there the whole change
 * decides as well.
 */
export function roundingOf(a: Model, b: Model, name: string): Rounding | undefined {
  const own = ({ tensors, parameters }: Model): string[] =>
    parameters.get(name)!.tensors.map((tensor) => tensors.get(tensor)?.dtype ?? '');
  const types = [...new Set([...own(a), ...own(b)])];
  if (types.length === 0 || types.some((type) => !Object.hasOwn(TYPES, type))) return undefined;
  const equal = String([...new Set(own(a))]) === String([...new Set(own(b))]);
  const key = `${types.sort().join()} ${equal}`;
  let found = known.get(key);
  if (!found) {
    const all = types.map((type) => TYPES[type]);
    const bits = Math.min(...all.map(([p]) => p));
    const expected = roundingError(bits);
    const reach = Float64Array.from({ length: 256 }, (_, field) => {
      const steps = all.map(([p, least]) => 2 ** (Math.max(field - 127, least) + 1 - p));
      return Math.max(...steps) * (equal ? 1 : 0.5);
    });
    found = { expected, most: bits === 24 ? expected * MOST : 0, reach };
    known.set(key, found);
  }
  return found;
}
