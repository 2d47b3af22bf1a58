import type { NeuronPart } from '../../reading/types.ts';
import { SIGNS, type Sign } from '../schema.ts';
import { order } from './order.ts';
import type { Term } from './terms.ts';
import type { TokenList, TokenLists } from './token-lists.node.ts';

export type SearchPart = NeuronPart | 'vo' | 'qk';

export interface SearchOptions {
  /** Default: all. */
  parts?: readonly SearchPart[];
  /** Only positive (`+`) or only negative (`-`) scores; default both, never a score of 0. */
  sign?: Sign;
  /** Results of each kind; default 20. */
  k?: number;
}

/** A token that answered a term, and its place among that token's best neurons or heads. */
export interface Match {
  token: number;
  label: string;
  rank: number;
  score: number;
}

export interface NeuronHit {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  sign: Sign;
  /** Sum over terms of the best matching token's score. */
  score: number;
  matches: Match[];
}

export interface HeadHit {
  layer: number;
  head: number;
  matrix: 'vo' | 'qk';
  sign: Sign;
  score: number;
  /** `pairRank`: the token's best place among the head's listed pairs, where it has one. */
  matches: (Match & { pairRank: number | null })[];
}

export interface SearchResult {
  neurons: NeuronHit[];
  heads: HeadHit[];
  /** Tokens that each term stands for, by alternative. */
  terms: { term: Term; tokens: number[] }[][];
}

/** Tokens a term may stand for; more (`/./`) would be a scan of the whole table. */
export const MAX_TOKENS = 2000;

/** A neuron or head that meets what is asked. */
export interface Hit<P extends string> {
  /** See {@link TokenLists.places}. */
  number: number;
  part: P;
  sign: Sign;
  score: number;
  matches: Omit<Match, 'label'>[];
}

/** Per neuron (head) and sign, the best of a term's tokens among whose best it is; rank 0: of none. */
interface Best {
  rank: Int32Array;
  token: Int32Array;
  score: Float64Array;
}

/**
 * The neurons or heads that are among the best of a token of every term of an alternative, with scores of the sign in whose
 * list they are: by the sum of the best matching scores, largest size first. `terms`: the tokens of each term, by
 * alternative.
 */
export function meet<P extends string>(
  lists: TokenLists<P>,
  terms: readonly (readonly (readonly number[])[])[],
  { parts = lists.parts, sign, k = 20 }: { parts?: readonly P[]; sign?: Sign; k?: number },
): Hit<P>[] {
  const size = 2 * lists.places.size;
  const empty = (): Best => ({
    rank: new Int32Array(size),
    token: new Int32Array(size),
    score: new Float64Array(size),
  });
  const bests = terms.map((all) => all.map(empty));
  const signs = sign ? [sign] : SIGNS;
  const hits = lists.parts
    .filter((part) => parts.includes(part))
    .flatMap((part) => {
      for (const [a, all] of terms.entries()) {
        for (const [t, tokens] of all.entries()) {
          bests[a][t].rank.fill(0);
          lists.each(part, tokens, signs, (token, sign, list) => keepBest(bests[a][t], token, sign, list));
        }
      }
      return bestHits(part, bests, k);
    });
  return hits
    .sort(
      (a, b) =>
        Math.abs(b.score) - Math.abs(a.score) ||
        a.number - b.number ||
        byText(a.part, b.part) ||
        byText(a.sign, b.sign),
    )
    .slice(0, k);
}

/**
 * Where neurons or heads are few, a token's list of the smallest scores has positive ones as well, and the list of the
 * largest has negative ones: those are left out, in atlases of any age. Lists are in order, so that the first is the last.
 */
function keepBest({ rank, token, score }: Best, from: number, sign: Sign, list: TokenList): void {
  const side = SIGNS.indexOf(sign);
  const direction = sign === '+' ? 1 : -1;
  for (let i = 0; i < list.number.length && direction * list.score[i] > 0; i++) {
    const at = 2 * list.number[i] + side;
    if (rank[at] > 0 && Math.abs(score[at]) >= Math.abs(list.score[i])) continue;
    rank[at] = i + 1;
    token[at] = from;
    score[at] = list.score[i];
  }
}

/** The best of one part: of each neuron the alternative with the largest sum, then the `k` largest of them. */
function bestHits<P extends string>(part: P, bests: readonly (readonly Best[])[], k: number): Hit<P>[] {
  const size = bests[0][0].rank.length;
  const sums = new Float64Array(size);
  const sizes = new Float64Array(size).fill(Number.NaN);
  const chosen = new Uint16Array(size);
  const sum = new Float64Array(size);
  for (const [a, all] of bests.entries()) {
    sum.fill(0);
    for (const { rank, score } of all) {
      // NaN stays NaN: all terms must be met.
      for (let at = 0; at < size; at++) sum[at] += rank[at] > 0 ? score[at] : Number.NaN;
    }
    for (let at = 0; at < size; at++) {
      if (Number.isNaN(sum[at]) || Math.abs(sum[at]) <= sizes[at]) continue;
      sums[at] = sum[at];
      sizes[at] = Math.abs(sum[at]);
      chosen[at] = a;
    }
  }
  return order(sizes, k).map((at) => ({
    number: at >> 1,
    part,
    sign: SIGNS[at & 1],
    score: sums[at],
    matches: bests[chosen[at]].map(({ rank, token, score }) => ({
      token: token[at],
      rank: rank[at],
      score: score[at],
    })),
  }));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type { Term };
