import type { Matrix, Ranked } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { rowsKept, stage } from './applied.ts';
import { embeddingOf, heldAs, norm, rowNorms } from './embedding.ts';
import { Kept } from './kept.ts';
import { normaliserKey, parseNormalisers, writeNormalisers } from './normalisers.ts';
import type { VectorKind } from './parameters.ts';
import { DrawnNull } from './statistics/drawn.ts';
import { type Against, against, type Null, nullOf } from './statistics/nulls.ts';
import { randomDirections } from './statistics/random-directions.ts';
import { type ColumnCumulants, columnCumulants, type ScoreTable, shuffledBest } from './statistics/shuffled-words.ts';
import type { Chance, Normalize, RankedTokens, ReadOptions, ScoredToken } from './types.ts';

/** Seeded random directions; their opposites are as likely, so that each gives two best scores. */
export const DIRECTIONS = 256;
const SEED = 1;
/** Tokens kept of each direction at either end: the first that a filter leaves is the best under the filter. */
const LISTED = 16;
/** Part of the cache's file names: raise it when what is kept changes. */
const VERSION = 1;

/** How the lists' scores were made: by this E and, where scores are divided by one, this normaliser. */
export interface Scored {
  normalize: Normalize;
  kind?: VectorKind;
  side?: VectorKind;
  e: Matrix;
  f?: Float64Array;
}

/** Best scores of random directions of length 1, and how scores spread over each column of the table. */
interface Kind {
  random: Null & { drawn: DrawnNull };
  columns: ColumnCumulants;
}

/**
 * Lists of the random directions over all tokens: `[direction * LISTED + place]`; the lowest with their signs turned.
 */
interface Lists {
  top: Ranked;
  bottom: Ranked;
}

const lists = new Kept<Lists>();
const columns = new Kept<ColumnCumulants>();
const kinds = new Kept<Kind>();

/**
 * What chance gives a vector's lists, or undefined where it has no direction or no list. Made once for each way of
 * scoring and set of filters; what needs the engine is kept in the model's cache, and takes what 256 neurons' lists
 * take.
 */
export async function chanceOf(
  model: Model,
  x: Float32Array,
  { top, bottom }: RankedTokens,
  how: Scored,
  options: ReadOptions,
): Promise<Chance | undefined> {
  const { e, f } = how;
  const first = (list: readonly ScoredToken[]) => list.find(({ id }) => id < e.rows);
  const [best, lowest] = [first(top), first(bottom)];
  const length = norm(x);
  if (length === 0 || (best === undefined && lowest === undefined)) return undefined;
  const kind = how.side ?? how.kind;
  const which = embeddingOf(kind, options.embedding);
  const table: ScoreTable = {
    e,
    divisor: how.normalize === 'cosine' ? await rowNorms(model, which, options.signal) : f,
    mask: await rowsKept(model, kind, 'tokens', options),
  };
  const key = await scoredKey(model, how, options);
  const { random, columns } = await kindOf(model, key, table, options);
  // Cosines are those of a vector of length 1, whatever its own.
  const scale = how.normalize === 'cosine' ? 1 : length;
  const tested = ({ score: value, label }: ScoredToken, sign: 1 | -1) => {
    const shuffled = shuffledBest(
      x.map((part) => (sign * part * scale) / length),
      columns,
      table,
    );
    const signed = sign * value;
    const beside = (null_: Null, p: number) =>
      // A score that never varies, as where there is one token, is no null.
      null_.sd > 0 ? turned(against(signed, null_, p), sign) : undefined;
    const scaled = { mean: random.mean * scale, sd: random.sd * scale };
    return {
      value,
      label,
      random: beside(scaled, random.drawn.p(signed / scale, 'upper')),
      shuffled: beside(shuffled, shuffled.p(signed)),
    };
  };
  return {
    ...(best !== undefined && { top: tested(best, 1) }),
    ...(lowest !== undefined && { bottom: tested(lowest, -1) }),
  };
}

/** One name for all lists whose scores are made by the same table. */
async function scoredKey(model: Model, { normalize, kind, side, f }: Scored, options: ReadOptions): Promise<string> {
  if (f && kind) return normaliserKey(model, kind, f, options);
  const which = embeddingOf(side ?? kind, options.embedding);
  return `${normalize}-${await heldAs(model, which, options.signal)}`;
}

/** How scores spread over each column of a table, made once for each way of scoring and set of filters. */
export async function scoreColumns(
  model: Model,
  how: Scored,
  table: ScoreTable,
  options: ReadOptions,
): Promise<ColumnCumulants> {
  const key = await scoredKey(model, how, options);
  if (!table.mask) return allColumns(model, key, table, options);
  return columns.get(model, `${key} ${JSON.stringify(options.filters)}`, options.signal, () =>
    columnCumulants(table, stage(options, 'chance')),
  );
}

/** Of the lowest score all is the mirror image. */
export const turned = ({ mean, sd, z, p }: Against, sign: 1 | -1): Against => ({
  mean: sign * mean,
  sd,
  z: sign * z,
  p,
});

function kindOf(model: Model, key: string, table: ScoreTable, options: ReadOptions): Promise<Kind> {
  const { mask } = table;
  return kinds.get(model, mask ? `${key} ${JSON.stringify(options.filters)}` : key, options.signal, async () => {
    const drawn = Float64Array.from(await bestScores(model, key, table, options));
    return {
      random: { ...nullOf(drawn), drawn: new DrawnNull(drawn) },
      columns: mask
        ? await columnCumulants(table, stage(options, 'chance'))
        : await allColumns(model, key, table, options),
    };
  });
}

/** The best scores of the random directions and of their opposites among the tokens that the mask leaves. */
async function bestScores(model: Model, key: string, table: ScoreTable, options: ReadOptions): Promise<number[]> {
  const { mask } = table;
  if (!mask) return firstOf(await listsOf(model, key, table, options), undefined)!;
  const known = firstOf(await listsOf(model, key, { ...table, mask: undefined }, options), mask);
  return known ?? firstOf(await ranked(table, 1, options), undefined)!;
}

/** The first of each list that the mask leaves; undefined where it leaves none of one. */
function firstOf({ top, bottom }: Lists, mask: Uint8Array | undefined): number[] | undefined {
  const found: number[] = [];
  for (const [{ k, index, score }, sign] of [
    [top, 1],
    [bottom, -1],
  ] as const) {
    for (let start = 0; start < score.length; start += k) {
      let at = start;
      while (at < start + k && mask && !mask[index[at]]) at++;
      if (at === start + k) return undefined;
      found.push(sign * score[at]);
    }
  }
  return found;
}

async function ranked({ e, divisor, mask }: ScoreTable, k: number, options: ReadOptions): Promise<Lists> {
  const engine = options.engine ?? (await defaultEngine());
  const directions = randomDirections(DIRECTIONS, e.columns, SEED);
  const run = stage(options, 'random directions');
  const { top, bottom } = await engine.topRows(directions, e, { ...run, k, ends: 'both', divisor, mask });
  // Numbers of fp32, so that those from a file are the same.
  for (const list of [top!, bottom!]) list.score = list.score.map(Math.fround);
  return { top: top!, bottom: bottom! };
}

function listsOf(model: Model, key: string, table: ScoreTable, options: ReadOptions): Promise<Lists> {
  return lists.get(model, key, options.signal, async () => {
    const k = Math.min(LISTED, table.e.rows);
    const found = await fromCache(
      model,
      `directions-${key}`,
      ['topIndex', 'topScore', 'bottomIndex', 'bottomScore'],
      k * DIRECTIONS,
    );
    if (found) {
      const [topIndex, topScore, bottomIndex, bottomScore] = found;
      const list = (index: Float64Array, score: Float64Array) => ({ k, index: Uint32Array.from(index), score });
      return { top: list(topIndex, topScore), bottom: list(bottomIndex, bottomScore) };
    }
    const made = await ranked(table, k, options);
    await toCache(model, `directions-${key}`, {
      topIndex: Float64Array.from(made.top.index),
      topScore: made.top.score,
      bottomIndex: Float64Array.from(made.bottom.index),
      bottomScore: made.bottom.score,
    });
    return made;
  });
}

function allColumns(model: Model, key: string, table: ScoreTable, options: ReadOptions): Promise<ColumnCumulants> {
  return columns.get(model, key, options.signal, async () => {
    const names = ['mean', 'variance', 'third', 'fourth'] as const;
    const found = await fromCache(model, `columns-${key}`, names, table.e.columns);
    if (found) {
      const [mean, variance, third, fourth] = found;
      return { tokens: table.e.rows, mean, variance, third, fourth };
    }
    const made = await columnCumulants(table, stage(options, 'chance'));
    for (const name of names) made[name] = made[name].map(Math.fround);
    const { tokens: _, ...arrays } = made;
    await toCache(model, `columns-${key}`, arrays);
    return made;
  });
}

const fileOf = (model: Model, name: string): string => `chance-${VERSION}-${model.fingerprint}-${name}.safetensors`;

/** Arrays of this length under these names; undefined where they are not there, or not whole. */
async function fromCache(
  model: Model,
  name: string,
  arrays: readonly string[],
  length: number,
): Promise<Float64Array[] | undefined> {
  const file = fileOf(model, name);
  const bytes = await model.cache?.get(file);
  if (!bytes) return undefined;
  try {
    const tensors = await parseNormalisers(bytes, file);
    const found = arrays.flatMap((array) => tensors.get(array) ?? []);
    return found.length === arrays.length && found.every((array) => array.length === length) ? found : undefined;
  } catch {
    return undefined; // A damaged file in the cache is made again.
  }
}

async function toCache(model: Model, name: string, arrays: Record<string, Float64Array>): Promise<void> {
  const bytes = await writeNormalisers(new Map(Object.entries(arrays)));
  await model.cache?.put(fileOf(model, name), bytes).catch(() => undefined);
}
