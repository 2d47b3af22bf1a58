import { EigenvalueDecomposition, Matrix as MlMatrix } from 'ml-matrix';
import type { Engine, Matrix } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Parameter } from '../model/types.ts';

/** Directions of a tuned matrix that its base has nothing near to. */
export interface Intruders {
  /** How many of the tuned matrix's leading directions were looked at. */
  readonly looked: number;
  /** A direction is an intruder where no cosine with a direction of the base is as large as this. */
  readonly least: number;
  /** The largest cosine that a random direction has with any of the base's: about √(2 ln d / d). */
  readonly chance: number;
  readonly found: readonly Intruder[];
}

export interface Intruder {
  /** Its place among the tuned matrix's singular values, 1 the largest. */
  readonly rank: number;
  readonly value: number;
  /** The largest |cosine| with a singular vector of the base. */
  readonly nearest: number;
  /** [d], of length 1: what is read as words. */
  readonly vector: Float32Array;
}

/** As Shuttleworth et al. 2024 (arXiv 2410.21228, algorithm 1) have them. */
const LOOKED = 10;
const LEAST = 0.5;
/**
 * Wider matrices are looked at only where that is asked for: of 576 numbers they take 4 seconds, of 1,024 half a
 * minute.
 */
const WIDE = 640;

/** The largest |cosine| that a random direction of d numbers has with any of d that are orthogonal, about. */
const chanceOf = (d: number): number => Math.sqrt((2 * Math.log(d)) / d);

/** Whether an intruder is to be told from chance, and found in seconds: of some 35 to 640 numbers. */
export const isLookedAt = (d: number): boolean => d <= WIDE && chanceOf(d) < LEAST;

/**
 * Intruder dimensions: of the ten largest singular vectors of a tuned parameter [n, d], on the side of the residual
 * stream, those whose cosine with every singular vector of the base's parameter stays below 0.5. Exact: all
 * directions of the base are found, which takes time as the cube of d.
 */
export async function intrudersOf(
  before: Parameter,
  after: Parameter,
  { engine, signal }: { engine: Engine; signal?: AbortSignal },
): Promise<Intruders> {
  const d = before.width;
  const tuned = await directions(after, engine, signal);
  throwIfAborted(signal);
  const base = await directions(before, engine, signal);
  const looked = Math.min(LOOKED, d, before.count);
  const found: Intruder[] = [];
  for (let rank = 1; rank <= looked; rank++) {
    const vector = tuned.vector(rank - 1);
    let nearest = 0;
    for (let i = 0; i < d; i++) {
      const other = base.vector(i);
      let dot = 0;
      for (let j = 0; j < d; j++) dot += vector[j] * other[j];
      nearest = Math.max(nearest, Math.abs(dot));
    }
    if (nearest < LEAST)
      found.push({ rank, value: tuned.values[rank - 1], nearest, vector: Float32Array.from(vector) });
  }
  return { looked, least: LEAST, chance: chanceOf(d), found };
}

/**
 * All right singular vectors of a parameter, the largest singular value first, each with its largest entry positive.
 */
async function directions({ count, width, read }: Parameter, engine: Engine, signal?: AbortSignal) {
  const rows = await read(0, count, signal);
  const turned = new Float32Array(rows.length);
  for (let i = 0, at = 0; i < count; i++) for (let j = 0; j < width; j++, at++) turned[j * count + i] = rows[at];
  const columns: Matrix = { data: turned, rows: width, columns: count };
  const { data } = await engine.matmul(columns, columns, { signal });
  const gram = MlMatrix.from1DArray(width, width, Array.from(data));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const order = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return {
    values: order.map((i) => Math.sqrt(Math.max(0, realEigenvalues[i]))),
    vector: (rank: number): number[] => {
      const own = eigenvectorMatrix.getColumn(order[rank]);
      const largest = own.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
      return largest < 0 ? own.map((x) => -x) : own;
    },
  };
}
