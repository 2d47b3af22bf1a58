import { flattened, type Measured } from '../../reading/statistics/columns.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { Arrays } from '../arrays.ts';

export type HeadPlace = { layer: number; head: number; matrix: HeadMatrix };

/**
 * Numbers of single heads on their way to `head_stats`, whose columns come from several units: arrays of one number,
 * named by place and column; NaN for none.
 */
export class HeadColumns {
  readonly arrays: Arrays = {};

  /** A head's statistics, as its columns. */
  add(place: HeadPlace, values: Readonly<Record<string, Measured<number>>>): void {
    for (const [name, measured] of Object.entries(values)) {
      for (const [column, value] of Object.entries(flattened('heads', name, measured)))
        this.arrays[nameOf(place, column)] = Float64Array.of(value ?? Number.NaN);
    }
  }
}

/** What {@link HeadColumns} has kept under this place and column, NaN or undefined for none. */
export const headNumberOf = (arrays: Arrays, place: HeadPlace, column: string): number | undefined =>
  arrays[nameOf(place, column)]?.[0];

const nameOf = ({ layer, head, matrix }: HeadPlace, column: string): string =>
  `head ${layer}:${head} ${matrix} ${column}`;
