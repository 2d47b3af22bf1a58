import type { Matrix } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Parameter } from '../model/types.ts';
import { seeded } from '../reading/random.ts';
import { type Dense, dense, gramOf, orthonormal, singular, times, transposed } from '../reading/statistics/linear.ts';

/** In which directions a matrix of changed vectors points. */
export interface Directions {
  /** The largest singular values, and of each the direction of the residual stream, [d]. */
  readonly values: readonly number[];
  readonly vectors: readonly Float32Array[];
  /** The part of all squared numbers that is in each of them. */
  readonly shares: readonly number[];
  /** (Σs²)² / Σs⁴, from seeded probes: about. */
  readonly effectiveRank: number;
  /** The same of a matrix of independent normal numbers of this shape. */
  readonly random: { readonly share: number; readonly effectiveRank: number };
}

/** Directions that are followed beside those asked for, and rounds: error falls as (s_next / s)^(2 rounds). */
const BESIDE = 6;
const ROUNDS = 8;
const PROBES = 24;

/**
 * The leading right singular vectors of a parameter's vectors [n, d], by subspace iteration (Halko et al. 2011,
 * algorithm 4.4), fp64 sums, seeded. Each is given with the sign that makes its largest entry positive.
 */
export async function directionsOf(
  parameter: Parameter,
  wanted: number,
  { signal, seed = 1 }: { signal?: AbortSignal; seed?: number } = {},
): Promise<Directions> {
  const { count: rows, width: columns } = parameter;
  const m: Matrix = { data: await parameter.read(0, rows, signal), rows, columns };
  const k = Math.min(wanted + BESIDE, rows, columns);
  const uniform = seeded(seed);
  let basis = orthonormal(
    dense({ data: Float64Array.from({ length: k * columns }, () => uniform() - 0.5), rows: k, columns }),
  ).q; // [d, k]
  for (let round = 0; round < ROUNDS; round++) {
    throwIfAborted(signal);
    basis = orthonormal(gramTimes(m, transposed(basis))).q;
  }
  const projected = timesBasis(m, transposed(basis));
  const { u, s: squared } = singular(gramOf(transposed(projected)));
  const values = squared.map((x) => Math.sqrt(Math.max(0, x)));
  const turned = transposed(times(basis, u));
  const total = m.data.reduce((sum, x) => sum + x * x, 0);
  let fourth = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const z = { data: Float64Array.from({ length: columns }, () => (uniform() < 0.5 ? -1 : 1)), rows: 1, columns };
    fourth += gramTimes(m, z).data.reduce((sum, x) => sum + x * x, 0) / PROBES;
  }
  const take = Math.min(wanted, values.length);
  return {
    values: values.slice(0, take),
    vectors: Array.from({ length: take }, (_, i) => signed(turned.data.subarray(i * columns, (i + 1) * columns))),
    shares: values.slice(0, take).map((value) => (total === 0 ? 0 : value ** 2 / total)),
    effectiveRank: fourth === 0 ? 0 : total ** 2 / fourth,
    random: {
      share: (Math.sqrt(rows) + Math.sqrt(columns)) ** 2 / (rows * columns),
      effectiveRank: (rows * columns) / (rows + columns),
    },
  };
}

/** M of every row of `x` [k, d]: [k, n]. */
function timesBasis({ data, rows, columns }: Matrix, x: Dense): Dense {
  const out = new Float64Array(x.rows * rows);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < x.rows; i++) {
      let sum = 0;
      for (let j = 0, at = row * columns, of = i * columns; j < columns; j++) sum += data[at + j] * x.data[of + j];
      out[i * rows + row] = sum;
    }
  return { data: out, rows: x.rows, columns: rows };
}

/** MᵀM of every row of `x` [k, d]: [k, d]. */
function gramTimes(m: Matrix, x: Dense): Dense {
  const { data, rows, columns } = m;
  const through = timesBasis(m, x);
  const out = new Float64Array(x.data.length);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < x.rows; i++) {
      const by = through.data[i * rows + row];
      if (by === 0) continue;
      for (let j = 0, at = row * columns, to = i * columns; j < columns; j++) out[to + j] += by * data[at + j];
    }
  return { data: out, rows: x.rows, columns };
}

function signed(vector: Float64Array): Float32Array {
  const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return Float32Array.from(vector, (x) => (largest < 0 ? -x : x));
}
