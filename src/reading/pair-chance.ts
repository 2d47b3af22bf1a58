import type { Model } from '../model/types.ts';
import { scoreColumns, turned } from './chance.ts';
import { embedding, embeddingOf, norm } from './embedding.ts';
import { amongAll, unitsOf } from './expected.ts';
import { type HeadPart, headVectors, PARTS, pairMasks, sideDivisor } from './factors.ts';
import { firstOfPairs } from './statistics/first-of-pairs.ts';
import { dense, scaled } from './statistics/linear.ts';
import { type Lengths, lengthsOf, RandomPairs } from './statistics/random-pairs.ts';
import { ShuffledPairs, type ShuffledSide } from './statistics/shuffled-pairs.ts';
import { singularValues } from './statistics/spectrum.ts';
import type { HeadMatrix, MatrixReading, ReadOptions } from './types.ts';

/** Which head, which of its matrices, and at which end its list begins. */
interface Place {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  end: 'top' | 'bottom';
}

/**
 * A reading of one matrix with what chance gives for its first pair; as it is where there is none, or where it need
 * not be the best of all: ordered by another matrix, or between thresholds that leave the best out. No pairs are
 * searched for it: what takes time is the singular values.
 */
export async function withPairChance(
  model: Model,
  place: Place,
  read: MatrixReading,
  options: ReadOptions & { sort?: HeadMatrix },
): Promise<MatrixReading> {
  const { layer, head, matrix, end } = place;
  const score = read.pairs[0]?.score;
  const byOther = options.sort !== undefined && options.sort !== matrix;
  const cut = end === 'top' ? read.below : read.above;
  if (score === undefined || byOther || cut !== undefined) return read;
  const sign = end === 'top' ? 1 : -1;
  const { maskA, maskB } = await pairMasks(model, matrix, options);
  const { first, second } = PARTS[matrix];
  const a = await sideOf(model, place, first, maskA, options);
  const b = await sideOf(model, place, second, maskB, options);
  const values = await singularValues(model, layer, head, matrix, options);
  const random = new RandomPairs(values, a.lengths, b.lengths, model.dimensions.hidden);
  const shuffled = new ShuffledPairs(a, sign === 1 ? b : { ...b, w: scaled(b.w, -1) });
  const beside = (null_: RandomPairs | ShuffledPairs) => {
    const found = firstOfPairs(sign * score, (x) => null_.expected(x), Math.abs(score));
    return found && turned(found, sign);
  };
  const tested = { value: score, random: beside(random), shuffled: shuffled.normal ? beside(shuffled) : undefined };
  return { ...read, chance: amongAll({ [end]: tested }, unitsOf(model, matrix)) };
}

async function sideOf(
  model: Model,
  { layer, head }: Place,
  part: HeadPart,
  mask: Uint8Array | undefined,
  options: ReadOptions,
): Promise<ShuffledSide & { lengths: Lengths }> {
  const { normalize = 'freq' } = options;
  const kind = `attn.${part}` as const;
  const e = await embedding(model, embeddingOf(kind, options.embedding), options.signal);
  const divisor = await sideDivisor(model, part, options);
  const how = { normalize, kind, e, ...(normalize === 'freq' && divisor && { f: divisor }) };
  const columns = await scoreColumns(model, how, { e, divisor, mask }, options);
  const lengths = lengthsOf(
    (function* () {
      for (let i = 0; i < e.rows; i++)
        if (!mask || mask[i]) yield norm(e.data.subarray(i * e.columns, (i + 1) * e.columns)) / (divisor?.[i] ?? 1);
    })(),
  );
  return { w: dense(await headVectors(model, layer, head, part, options)), columns, lengths };
}
