import type { Matrix } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { stage } from '../applied.ts';
import { embedding, embeddingOf, leftOutRows, scaledRows } from '../embedding.ts';
import { type HeadPart, sideDivisor } from '../factors.ts';
import { Kept } from '../kept.ts';
import type { ReadOptions } from '../types.ts';
import { type Dense, plusOuter } from './linear.ts';

/** Rows of E multiplied at a time. */
const BLOCK = 4096;

/** What the vocabulary looks like from both sides of an interaction: enough for traces over it, in d x d. */
export interface TokenGram {
  /**
   * E_secondᵀ E_first [d, d], so that Bᵀ A = W₂ · cross · W₁ᵀ; with `embedding: own` the two are the table of each
   * side.
   */
  cross: Dense;
  /** E_firstᵀ E_first and E_secondᵀ E_second [d, d]; all three are one object where both sides are divided alike. */
  first: Dense;
  second: Dense;
  /** Mean rows [d]. */
  meanFirst: Float64Array;
  meanSecond: Float64Array;
  /** Rows of E, those that are not finite on one of the sides left out. */
  count: number;
}

type GramOptions = ReadOptions & { centre?: boolean };

const kept = new Kept<TokenGram>();

/** Gram matrices of E / f on both sides of an interaction; made once per model and normaliser, in one pass over E. */
export function tokenGram(model: Model, first: HeadPart, second: HeadPart, options: GramOptions): Promise<TokenGram> {
  if (options.centre) return centred(model, first, second, options);
  const { normalize = 'none', embedding: which = 'unembed', foldNorm, approximate, signal } = options;
  const sides = normalize === 'freq' || which === 'own' ? `${first}-${second}-${foldNorm}-${approximate}` : '';
  return kept.get(model, `${normalize}-${which}-${sides}`, signal, async () => {
    const [one, two] = [embeddingOf(`attn.${first}`, which), embeddingOf(`attn.${second}`, which)];
    const [e, e2] = [await embedding(model, one, signal), await embedding(model, two, signal)];
    if (e.rows !== e2.rows)
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        `Expected as many rows in ${one} as in ${two} for statistics of both sides, found ${e.rows} and ${e2.rows}; choose one of them as \`embedding\`.`,
      );
    const f = await sideDivisor(model, first, { ...options, normalize });
    const g = await sideDivisor(model, second, { ...options, normalize });
    const engine = options.engine ?? (await defaultEngine());
    const d = e.columns;
    const same = f === g && e === e2;
    const leftOut = [
      ...new Set([...(await leftOutRows(model, one, signal)), ...(await leftOutRows(model, two, signal))]),
    ];
    const count = e.rows - leftOut.length;
    const run = stage(options, 'Gram matrices of the vocabulary');
    const [cross, ofFirst, ofSecond] = [zeros(d), zeros(d), zeros(d)];
    const [meanFirst, meanSecond] = [new Float64Array(d), new Float64Array(d)];
    for (let from = 0; from < e.rows; from += BLOCK) {
      throwIfAborted(signal);
      const to = Math.min(from + BLOCK, e.rows);
      const a = columnsOf(without(scaledRows(e, f, from, to), from, leftOut), meanFirst, count);
      const b = same ? a : columnsOf(without(scaledRows(e2, g, from, to), from, leftOut), meanSecond, count);
      await addProduct(cross, b, a);
      if (!same) {
        await addProduct(ofFirst, a, a);
        await addProduct(ofSecond, b, b);
      }
      run.progress?.(to / e.rows);
    }
    return same
      ? { cross, first: cross, second: cross, meanFirst, meanSecond: meanFirst, count }
      : { cross, first: ofFirst, second: ofSecond, meanFirst, meanSecond, count };

    async function addProduct(sum: Dense, left: Matrix, right: Matrix): Promise<void> {
      const { data } = await engine.matmul(left, right, { signal });
      for (let i = 0; i < data.length; i++) sum.data[i] += data[i];
    }
  });
}

/** The same with the mean row taken off every row of E / f on each side. */
async function centred(model: Model, first: HeadPart, second: HeadPart, options: GramOptions): Promise<TokenGram> {
  const { normalize, embedding: which, foldNorm, approximate, signal } = options;
  const key = JSON.stringify(['centred', first, second, normalize, which, foldNorm, approximate]);
  return kept.get(model, key, signal, async () => {
    const gram = await tokenGram(model, first, second, { ...options, centre: false });
    const { count, meanFirst, meanSecond } = gram;
    const without = (product: Dense, left: Float64Array, right: Float64Array) =>
      plusOuter(product, -count, left, right);
    const zero = new Float64Array(meanFirst.length);
    const cross = without(gram.cross, meanSecond, meanFirst);
    const same = gram.first === gram.cross;
    return {
      cross,
      first: same ? cross : without(gram.first, meanFirst, meanFirst),
      second: same ? cross : without(gram.second, meanSecond, meanSecond),
      meanFirst: zero,
      meanSecond: zero,
      count,
    };
  });
}

/** Rows from `from` on, those of tokens that are left out 0. */
function without(rows: Matrix, from: number, leftOut: readonly number[]): Matrix {
  const own = leftOut.filter((id) => id >= from && id < from + rows.rows);
  if (own.length === 0) return rows;
  const data = rows.data.slice();
  for (const id of own) data.fill(0, (id - from) * rows.columns, (id - from + 1) * rows.columns);
  return { ...rows, data };
}

/** Transposed, and its rows' share of the mean over `count` rows added to `mean`. */
function columnsOf({ data, rows, columns, name }: Matrix, mean: Float64Array, count: number): Matrix {
  const turned = new Float32Array(data.length);
  for (let j = 0, at = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0, from = j; i < rows; i++, at++, from += columns) {
      turned[at] = data[from];
      sum += data[from];
    }
    mean[j] += sum / count;
  }
  return { data: turned, rows: columns, columns: rows, name };
}

const zeros = (d: number): Dense => ({ data: new Float64Array(d * d), rows: d, columns: d });
