import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { type WordPairs, wordPairs } from '../vocabulary/fuzzy.ts';
import type { Token, Vocabulary } from '../vocabulary/types.ts';
import { appliedOf, countedPasses, stage, tokenOf, vocabularyOf } from './applied.ts';
import { PairCounter } from './counters.ts';
import { checkToken, embeddingOf } from './embedding.ts';
import { type HeadFactors, headFactor, PARTS, pairMasks, partKinds, type Side } from './factors.ts';
import { sharedInWords, withPairFoldRanks } from './fold-ranks.ts';
import { isZero, zeroNote } from './notes.ts';
import { withPairChance } from './pair-chance.ts';
import { batchOf, pairsByOther, pairsByOwn, type Selection, score } from './pairs.ts';
import { HEAD_MATRICES } from './parts.ts';
import { marginsOf, previewOf } from './preview.ts';
import { type RankOptions, rankTokens } from './rank.ts';
import type {
  HeadMatrix,
  HeadReading,
  HeadRowReading,
  MatrixReading,
  ReadOptions,
  ScoredToken,
  TokenPair,
} from './types.ts';

export interface HeadOptions extends ReadOptions {
  /** Default both. */
  matrices?: readonly HeadMatrix[];
  /** How many pairs to list; default 100. */
  k?: number;
  /** The selection: above < score < below. */
  above?: number;
  below?: number;
  /** `above` is the score of the pair of this rank (1 = best, before exclusions), where `above` is not given. */
  aboveRank?: number;
  /** Only the exact count: no pairs, no counters. */
  countOnly?: boolean;
  /** Leaves out pairs of one word with itself: equal after decoding, trimming, lower-casing. Counted all the same. */
  excludeSame?: boolean;
  /** Leaves out pairs of similar words (vocabulary/fuzzy.ts). Counted all the same. */
  excludeFuzzy?: boolean;
  /** Orders the selection by this matrix's scores; default by its own. */
  sort?: HeadMatrix;
  /** Smallest first. Default false; with `below` alone and the list's own order, true: the most negative come first. */
  ascending?: boolean;
  /** Gives each listed pair its score in the head's other matrix too. */
  other?: boolean;
  /** At most so many listed pairs with one first (second) token, taken in the list's order. */
  limitPerFirst?: number;
  limitPerSecond?: number;
  /** Says of the first pair's score what chance gives ({@link Chance}). Default false. */
  chance?: boolean;
  /** What differs for one of the matrices. */
  each?: Partial<Record<HeadMatrix, Pick<HeadOptions, 'k' | 'above' | 'below' | 'aboveRank' | 'sort' | 'ascending'>>>;
}

/**
 * One head as token pairs. `vo`: when the head attends to `first` it writes `second`; `qk`: query `first` attends to
 * key `second` (Dar et al. 2023, section 3). Lists are exact; a selection of any size is counted without being held.
 * Throws `OUT_OF_RANGE`, `ARGUMENT_INVALID`, `TOKENIZER_MISSING` (filters and exclusions need one).
 */
export async function readHead(
  model: Model,
  layer: number,
  head: number,
  asked: HeadOptions = {},
): Promise<HeadReading> {
  const { normalize = 'freq', matrices = HEAD_MATRICES } = asked;
  const options = countedPasses(asked, partKinds(matrices));
  const used: (Float64Array | undefined)[] = [];
  const divisors = new Map<HeadMatrix, readonly (Float64Array | undefined)[]>();
  const made = new Map<HeadMatrix, HeadFactors>();
  const factors = async (matrix: HeadMatrix): Promise<HeadFactors> => {
    const known = made.get(matrix);
    if (known) return known;
    const first = await headFactor(model, layer, head, matrix, 'first', options);
    const second = await headFactor(model, layer, head, matrix, 'second', options);
    used.push(first.f, second.f);
    divisors.set(matrix, [first.f, second.f]);
    const found = { a: first.factor, b: second.factor };
    made.set(matrix, found);
    return found;
  };
  const read: Partial<Record<HeadMatrix, MatrixReading>> = {};
  const shared: string[] = [];
  for (const matrix of matrices) {
    const here = { ...options, ...options.each?.[matrix] };
    checkOptions(here);
    const elsewhere = matrix === 'vo' ? 'qk' : 'vo';
    if (isNothing(model, await factors(matrix))) {
      read[matrix] = { pairs: [], count: 0, counters: new PairCounter(1, 1).counters(String) };
      shared.push(zeroNote(model, `The ${matrix.toUpperCase()} of this head`));
      continue;
    }
    const needsOther = !here.countOnly && (here.other || here.sort === elsewhere);
    const own = await factors(matrix);
    const other = needsOther ? await factors(elsewhere) : undefined;
    read[matrix] = await readMatrix(model, matrix, own, other, here);
    if (options.chance && !divisors.get(matrix)?.some((f) => previewOf(f)))
      read[matrix] = await withPairChance(
        model,
        { layer, head, matrix, end: endOf(matrix, here, read[matrix].above) },
        read[matrix],
        here,
      );
    read[matrix].pairs = withPairMargins(read[matrix].pairs, divisors.get(matrix));
    if (options.compareFold && !here.countOnly) {
      const engine = options.engine ?? (await defaultEngine());
      const end = endOf(matrix, here, read[matrix].above);
      const pairs = await withPairFoldRanks(model, { layer, head, matrix, end }, read[matrix].pairs, {
        ...options,
        engine,
      });
      read[matrix] = { ...read[matrix], pairs };
      if (pairs.length > 0) shared.push(sharedInWords(matrix.toUpperCase(), pairs, options.foldNorm ?? false));
    }
  }
  const applied = await appliedToPairs(model, layer, matrices, options, used);
  applied.notes.push(...shared);
  return { model: model.name, layer, head, normalize, applied, ...read };
}

type Divisors = readonly (Float64Array | undefined)[];

/** Pairs with the margins of their scores, where a side was divided by a preview; else as they are. */
function withPairMargins(pairs: TokenPair[], divisors: Divisors = []): TokenPair[] {
  if (!divisors.some(previewOf)) return pairs;
  return pairs.map((pair) => {
    const margin = marginsOf(divisors, [pair.first.id, pair.second.id])?.(pair.score);
    return { ...pair, margin };
  });
}

/** The same of one token's row: `divisors` are those of its own side and of the listed tokens' side. */
function ofRow(token: number, divisors: Divisors): (listed: ScoredToken[]) => ScoredToken[] {
  if (!divisors.some(previewOf)) return (listed) => listed;
  return (listed) => listed.map((one) => ({ ...one, margin: marginsOf(divisors, [token, one.id])?.(one.score) }));
}

async function readMatrix(
  model: Model,
  matrix: HeadMatrix,
  own: HeadFactors,
  other: HeadFactors | undefined,
  options: HeadOptions,
): Promise<MatrixReading> {
  const { below, countOnly } = options;
  const engine = options.engine ?? (await defaultEngine());
  const byOther = options.sort !== undefined && options.sort !== matrix;
  const masks = await pairMasks(model, matrix, options);
  const run = stage(options, `pairs ${matrix}`);
  const above =
    options.above ?? (await scoreOfRank(engine, own, { ...run, k: options.aboveRank ?? 0, end: 'top', ...masks }));
  const selection: Selection = {
    ...run,
    above,
    below,
    k: countOnly ? 0 : (options.k ?? 100),
    end: endOf(matrix, options, above),
    ...masks,
    exclude: countOnly ? undefined : exclusion(model, options),
    limitPerFirst: options.limitPerFirst,
    limitPerSecond: options.limitPerSecond,
  };
  const counter = new PairCounter(own.a.rows, own.b.rows);
  const hasThreshold = above !== undefined || below !== undefined;
  const visit = hasThreshold && !countOnly ? counter.add.bind(counter) : undefined;
  const found =
    byOther && other && !countOnly
      ? await pairsByOther(engine, own, other, selection, visit)
      : await pairsByOwn(engine, own, selection, visit);
  if (!hasThreshold) counter.add(batchOf(found.pairs));
  // Millions of pairs are of some thousands of tokens.
  const tokens = new Map<number, Token>();
  const token = (id: number): Token => {
    const known = tokens.get(id) ?? tokenOf(model, id, options.labels);
    tokens.set(id, known);
    return known;
  };
  return {
    pairs: found.pairs.map((pair) => ({
      first: token(pair.first),
      second: token(pair.second),
      score: pair.own,
      ...(other && { other: byOther ? pair.score : score(other, pair.first, pair.second) }),
    })),
    count: found.count,
    counters: counter.counters((id) => token(id).label),
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
  };
}

/** Whether all scores of a difference are 0: nothing changed, and a list of words would say otherwise. */
const isNothing = (model: Model, { a, b }: HeadFactors): boolean =>
  model.interactions !== undefined && (isZero(a.data) || isZero(b.data));

/** Which end of the order a list begins at. */
export function endOf(matrix: HeadMatrix, { ascending, below, sort }: HeadOptions, above?: number): 'top' | 'bottom' {
  const byOther = sort !== undefined && sort !== matrix;
  return (ascending ?? (!byOther && below !== undefined && above === undefined)) ? 'bottom' : 'top';
}

/** The score of the k-th best pair; undefined where there are fewer. */
async function scoreOfRank(engine: Engine, own: HeadFactors, selection: Selection): Promise<number | undefined> {
  if (selection.k === 0) return undefined;
  const { pairs } = await pairsByOwn(engine, own, selection);
  return pairs[selection.k - 1]?.own;
}

/**
 * The row of one token in a head's matrix as ranked tokens: with `vo`, what the head writes when it reads the token;
 * with `qk`, which keys this query attends to. `side: 'second'` gives the column. Scores are those of the pairs, and
 * `excludeSame` and `excludeFuzzy` leave out the tokens whose pair with it they leave out. With `other`, a token by its
 * id, the row is that one pair, wherever it stands among all of them.
 */
export async function readHeadRow(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  tokenId: number,
  options: RankOptions & Pick<HeadOptions, 'excludeSame' | 'excludeFuzzy'> & { side?: Side; other?: number } = {},
): Promise<HeadRowReading> {
  const { side = 'first', normalize = 'freq', other: only } = options;
  const sides = PARTS[matrix];
  const other = side === 'first' ? 'second' : 'first';
  const check = (id: number, of: Side) =>
    checkToken(model, id, embeddingOf(`attn.${sides[of]}`, options.embedding), options.signal);
  await check(tokenId, side);
  if (only !== undefined) await check(only, other);
  const range = { start: tokenId, end: tokenId + 1 };
  const x = await headFactor(model, layer, head, matrix, side, { ...options, ...range });
  const all = await headFactor(model, layer, head, matrix, other, options);
  const exclude = exclusion(model, options);
  // A pair is left out by its first and second token, in this order.
  const excluded = exclude && ((id: number) => (side === 'first' ? exclude(tokenId, id) : exclude(id, tokenId)));
  const leftOut = only === undefined ? excluded : (id: number) => id !== only || excluded?.(id) === true;
  const how = { e: all.factor, kind: `attn.${sides[other]}`, leftOut } as const;
  const { top, bottom } = await rankTokens(model, x.factor, how, options);
  const withMargins = ofRow(tokenId, [x.f, all.f]);
  const ranked = { top: withMargins(top), bottom: withMargins(bottom) };
  const applied = await appliedOf(model, options, { kinds: partKinds([matrix]), layer, used: [x.f, all.f] });
  const token = tokenOf(model, tokenId, options.labels);
  return { model: model.name, layer, head, matrix, side, token, normalize, applied, ...ranked };
}

const words = new WeakMap<Vocabulary, WordPairs>();

/** What `excludeSame` and `excludeFuzzy` leave out; undefined: nothing. */
export function exclusion(
  model: Model,
  options: Pick<HeadOptions, 'excludeSame' | 'excludeFuzzy'>,
): Selection['exclude'] {
  const { excludeSame, excludeFuzzy } = options;
  if (!excludeSame && !excludeFuzzy) return undefined;
  const vocabulary = vocabularyOf(model, excludeFuzzy ? '`excludeFuzzy`' : '`excludeSame`');
  const pairs = words.get(vocabulary) ?? wordPairs(vocabulary);
  words.set(vocabulary, pairs);
  // What is the same is similar too.
  return excludeFuzzy ? pairs.fuzzy : pairs.same;
}

export function checkOptions({ k, aboveRank, limitPerFirst, limitPerSecond, countOnly, sort }: HeadOptions): void {
  for (const [name, value] of Object.entries({ k, aboveRank, limitPerFirst, limitPerSecond })) {
    if (value === undefined || (Number.isInteger(value) && value >= 0)) continue;
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`${name}\` to be a whole number, 0 or more, got ${value}.`,
    );
  }
  if (countOnly && sort)
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected `countOnly` or `sort`, got both: a count has no order.');
}

export async function appliedToPairs(
  model: Model,
  layer: number,
  matrices: readonly HeadMatrix[],
  options: HeadOptions,
  used: readonly (Float64Array | undefined)[],
): Promise<HeadReading['applied']> {
  const { above, below, sort, ascending, limitPerFirst, limitPerSecond } = options;
  const excludeSame = options.excludeSame || undefined;
  const excludeFuzzy = options.excludeFuzzy || undefined;
  const given = { above, below, excludeSame, excludeFuzzy, sort, ascending, limitPerFirst, limitPerSecond };
  return {
    ...(await appliedOf(model, options, { kinds: partKinds(matrices), layer, used })),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
