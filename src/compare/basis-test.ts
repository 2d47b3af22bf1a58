import type { Engine, Matrix, RunOptions } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { norm } from '../reading/embedding.ts';
import { seeded, shuffled } from '../reading/random.ts';
import { layerVectors } from './operands.ts';

export interface BasisTest {
  draws: number;
  /** Keys of each layer of A that were looked for among B's. */
  sample: number;
  /** Mean over them of the largest cosine with a key of the same layer of B. */
  found: number;
  /** The mean of that over permuted bases. */
  chance: number;
  /** (1 + draws at least as large) / (1 + draws). */
  p: number;
}

const KEYS = 32;

/**
 * Whether two models of one width share the basis of the residual stream. The null hypothesis: B's numbers of the
 * stream could stand in any order, one order for all its weights, given A; this holds for models trained from
 * independent random weights by optimisers that treat all numbers of the stream alike (SGD, Adam; not where positions
 * are fixed waves). The statistic does not look at the order of neurons, so that a copy with permuted neurons is found
 * as surely as a plain one. Under the null the found value and those of random orders are exchangeable: p is exact.
 */
export async function basisTest(
  engine: Engine,
  models: { a: Model; b: Model },
  layers: readonly number[],
  { draws, seed, signal, progress }: RunOptions & { draws: number; seed: number },
): Promise<BasisTest> {
  const random = seeded(seed ^ 0x2545f491);
  const width = models.a.dimensions.hidden;
  const keys: { a: Matrix; b: Matrix; lengths: Float64Array }[] = [];
  for (const layer of layers) {
    const a = (await layerVectors(models.a, layer, { kind: 'ff.key', sample: KEYS, seed }, signal))!.vectors;
    const b = (await layerVectors(models.b, layer, { kind: 'ff.key' }, signal))!.vectors;
    keys.push({ a: unit(a), b, lengths: Float64Array.from({ length: b.rows }, (_, i) => norm(rowOf(b, i)) || 1) });
  }
  const meanBest = async (order?: Uint32Array): Promise<number> => {
    let [sum, count] = [0, 0];
    for (const { a, b, lengths } of keys) {
      throwIfAborted(signal);
      const x = order ? reordered(a, order) : a;
      const { top } = await engine.topRows(x, b, { k: 1, divisor: lengths, signal });
      for (const cosine of top!.score) sum += cosine;
      count += a.rows;
    }
    return sum / count;
  };
  const found = await meanBest();
  let [reached, total] = [1, 0];
  for (let draw = 0; draw < draws; draw++) {
    const value = await meanBest(shuffled(width, random));
    total += value;
    if (value >= found) reached++;
    progress?.((draw + 1) / draws);
  }
  return { draws, sample: KEYS, found, chance: total / draws, p: reached / (draws + 1) };
}

const rowOf = ({ data, columns }: Matrix, i: number): Float32Array => data.subarray(i * columns, (i + 1) * columns);

/** Rows of length 1; rows of zeros stay. */
function unit(x: Matrix): Matrix {
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < x.rows; i++) {
    const length = norm(rowOf(x, i)) || 1;
    for (let j = i * x.columns; j < (i + 1) * x.columns; j++) data[j] = x.data[j] / length;
  }
  return { ...x, data };
}

function reordered(x: Matrix, order: Uint32Array): Matrix {
  const data = new Float32Array(x.data.length);
  for (let i = 0, at = 0; i < x.rows; i++)
    for (let j = 0; j < x.columns; j++, at++) data[at] = x.data[i * x.columns + order[j]];
  return { ...x, data };
}
