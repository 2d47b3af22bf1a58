import type { Engine } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { rowsKept, stage } from './applied.ts';
import { embedding, embeddingOf } from './embedding.ts';
import { headFactors, pairMasks } from './factors.ts';
import { neuronVector } from './neuron-vectors.ts';
import { divisorOf } from './rank.ts';
import { scoresOf } from './scores.ts';
import type { HeadMatrix, NeuronPart, RankedTokens, ReadOptions, ScoredToken, TokenPair } from './types.ts';

/** Pairs of the other choice among which a listed pair's rank is looked for. */
export const FOLD_DEPTH = 1000;

/**
 * Where each listed token stands when the norm's gain is folded in, or, where it is folded in, when it is not: 1 is
 * best. Exact, over all tokens that the filters leave, in the list's order (of `bottom`, from the lowest up).
 */
export async function withFoldRanks(
  model: Model,
  { layer, neuron, part, expert }: { layer: number; neuron: number; part: NeuronPart; expert?: number },
  { top, bottom }: RankedTokens,
  options: ReadOptions,
): Promise<RankedTokens> {
  const other = { ...options, foldNorm: !options.foldNorm };
  const kind = `ff.${part}` as const;
  const x = await neuronVector(model, layer, neuron, part, { ...other, expert });
  const e = await embedding(model, embeddingOf(kind, options.embedding), options.signal);
  const { divisor } = await divisorOf(model, x, { normalize: options.normalize ?? 'freq', kind }, other);
  const scores = await scoresOf(x, e, divisor, stage(options, `scores of ${part}, folded otherwise`));
  const kept = await rowsKept(model, kind, 'tokens', options);
  const ranked = (list: readonly ScoredToken[], sign: 1 | -1): ScoredToken[] =>
    list.map((token) => {
      // Extra values are no tokens: nothing is known of them elsewhere.
      if (token.id >= scores.length) return token;
      const own = scores[token.id];
      let foldRank = 1;
      for (let i = 0; i < scores.length; i++) {
        const ahead = sign * (scores[i] - own);
        if ((ahead > 0 || (ahead === 0 && i < token.id)) && kept?.[i] !== 0) foldRank++;
      }
      return { ...token, foldRank };
    });
  return { top: ranked(top, 1), bottom: ranked(bottom, -1) };
}

/**
 * The same of a head's pairs, among the other choice's best {@link FOLD_DEPTH} at the list's end; absent beyond them.
 */
export async function withPairFoldRanks(
  model: Model,
  { layer, head, matrix, end }: { layer: number; head: number; matrix: HeadMatrix; end: 'top' | 'bottom' },
  pairs: readonly TokenPair[],
  options: ReadOptions & { engine: Engine },
): Promise<TokenPair[]> {
  const { a, b } = await headFactors(model, layer, head, matrix, { ...options, foldNorm: !options.foldNorm });
  const masks = await pairMasks(model, matrix, options);
  const run = stage(options, `pairs ${matrix}, folded otherwise`);
  const { first, second, length } = await options.engine.topPairs(a, b, { ...run, k: FOLD_DEPTH, end, ...masks });
  const ranks = new Map(Array.from({ length }, (_, i) => [first[i] * b.rows + second[i], i + 1]));
  return pairs.map((pair) => {
    const foldRank = ranks.get(pair.first.id * b.rows + pair.second.id);
    return foldRank === undefined ? pair : { ...pair, foldRank };
  });
}

/** How much two choices have in common, in words: of `key: 20 tokens`, 7 are among the first 20 in the other. */
export function sharedInWords(what: string, listed: readonly { foldRank?: number }[], folded: boolean): string {
  const n = listed.length;
  const shared = listed.filter(({ foldRank }) => foldRank !== undefined && foldRank <= n).length;
  return `${shared} of the first ${n} of ${what} are among the first ${n} with the norm ${folded ? 'not folded in' : 'folded in'}.`;
}
