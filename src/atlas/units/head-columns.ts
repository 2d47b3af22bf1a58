import type { Tested } from '../../reading/statistics/nulls.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { Arrays } from '../arrays.ts';

export interface HeadPlace {
  layer: number;
  head: number;
  matrix: HeadMatrix;
}

/**
 * Numbers of single heads on their way to `head_stats`, whose columns come from several units: arrays of one number,
 * named by place and column; NaN for none.
 */
export class HeadColumns {
  readonly arrays: Arrays = {};

  add(place: HeadPlace, values: Readonly<Record<string, number | undefined>>): void {
    for (const [column, value] of Object.entries(values))
      this.arrays[nameOf(place, column)] = Float64Array.of(value ?? Number.NaN);
  }

  /** Each statistic, how far it is from each of its nulls and how probable that is. */
  addTested(place: HeadPlace, values: Readonly<Record<string, Tested>>): void {
    for (const [name, { value, random, shuffled }] of Object.entries(values))
      this.add(place, {
        [name]: value,
        [`${name}_z`]: random?.z,
        [`${name}_p`]: random?.p,
        [`${name}_shuffled_z`]: shuffled?.z,
        [`${name}_shuffled_p`]: shuffled?.p,
      });
  }
}

/** What {@link HeadColumns} has kept under this place and column, null for none. */
export function headNumberOf(arrays: Arrays, place: HeadPlace, column: string): number | null {
  const value = arrays[nameOf(place, column)]?.[0];
  return value === undefined || Number.isNaN(value) ? null : value;
}

const nameOf = ({ layer, head, matrix }: HeadPlace, column: string): string =>
  `head ${layer}:${head} ${matrix} ${column}`;
