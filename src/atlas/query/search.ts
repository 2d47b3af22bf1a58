import type { NeuronPart } from '../../reading/types.ts';
import { SIGNS, type Sign } from '../schema.ts';
import { order } from './order.ts';
import type { Term } from './terms.ts';
import type { TokenList, TokenLists } from './token-lists.ts';

export type SearchPart = NeuronPart | 'vo' | 'qk';

export interface SearchOptions {
  /** Default: all. */
  parts?: readonly SearchPart[];
  /** Only positive (`+`) or only negative (`-`) scores; default both, never a score of 0. */
  sign?: Sign;
  /** Results of each kind; default 20. */
  k?: number;
}

/** A token that answered a term, and the neuron's (head's) place among that token's best. */
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
  /** Sum over the words met of the best matching token's score. */
  score: number;
  /**
   * How far the words met stand out within the neuron: the size of `score` divided by the length of all scores that
   * the atlas lists of it (`reading_norm`). What is found is in order of it.
   */
  share: number;
  /** Alternatives of the search that are met, of as many as `terms` has. */
  met: number;
  /** `within`: the token's place in the neuron's own list of this sign, null where it is not listed there. */
  matches: (Match & { within: number | null })[];
}

export interface HeadHit {
  layer: number;
  head: number;
  matrix: 'vo' | 'qk';
  sign: Sign;
  score: number;
  /** Likewise within the head: the size of `score` divided by that of its best pair of this sign. */
  share: number;
  met: number;
  /** `pairRank`: the token's best place among the head's listed pairs, where it has one. */
  matches: (Match & { pairRank: number | null })[];
}

export interface SearchResult {
  neurons: NeuronHit[];
  heads: HeadHit[];
  /** Tokens that each term stands for, by alternative. */
  terms: { term: Term; tokens: number[] }[][];
  /** Words that no token is, and what was asked for and not searched, since the atlas does not have it (yet). */
  notes: string[];
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
  share: number;
  met: number;
  matches: Omit<Match, 'label'>[];
}

/** How loud each neuron (head) of a part is, a score's size being divided by it; by number, for each of SIGNS. */
export type Loudness<P extends string> = (part: P) => Promise<Readonly<Record<Sign, ArrayLike<number>>>>;

/** Per neuron (head) and sign, the best of a term's tokens among whose best it is; rank 0: of none. */
interface Best {
  rank: Int32Array;
  token: Int32Array;
  score: Float64Array;
}

/**
 * The neurons or heads that are among the best of a token of every term of an alternative, with scores of the sign in
 * whose list they are: by the sum of the best matching scores over all alternatives that they meet, in proportion to
 * how loud they are, largest size first. Sums alone would put first those that are loud for every word. `terms`: the
 * tokens of each term, by alternative. Memory is for one term, however many there are.
 */
export async function meet<P extends string>(
  lists: TokenLists<P>,
  terms: readonly (readonly (readonly number[])[])[],
  loudness: Loudness<P>,
  { parts = lists.parts, sign, k = 20 }: { parts?: readonly P[]; sign?: Sign; k?: number },
): Promise<Hit<P>[]> {
  const size = 2 * lists.places.size;
  const best: Best = { rank: new Int32Array(size), token: new Int32Array(size), score: new Float64Array(size) };
  const signs = sign ? [sign] : SIGNS;
  const hits: Hit<P>[] = [];
  for (const part of lists.parts.filter((part) => parts.includes(part))) {
    const loud = await loudness(part);
    const found = await bestHits(part, terms, k, loud, async (tokens) => {
      best.rank.fill(0);
      await lists.each(part, tokens, signs, (token, sign, list) => keepBest(best, token, sign, list));
      return best;
    });
    hits.push(...found);
  }
  return hits
    .sort(
      (a, b) =>
        b.share - a.share ||
        Math.abs(b.score) - Math.abs(a.score) ||
        a.number - b.number ||
        byText(a.part, b.part) ||
        byText(a.sign, b.sign),
    )
    .slice(0, k);
}

/**
 * Where neurons or heads are few, a token's list of the smallest scores has positive ones as well, and the list of the
 * largest has negative ones: those are left out, in atlases of any age. Lists are in order, so that the first is the
 * last.
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

/** The best of one part: the sums of the alternatives met, then of the `k` of the largest shares what met them. */
async function bestHits<P extends string>(
  part: P,
  terms: readonly (readonly (readonly number[])[])[],
  k: number,
  loud: Readonly<Record<Sign, ArrayLike<number>>>,
  bestOf: (tokens: readonly number[]) => Promise<Best>,
): Promise<Hit<P>[]> {
  const { length: size } = (await bestOf([])).rank;
  const [sums, sum, met] = [new Float64Array(size), new Float64Array(size), new Uint32Array(size)];
  for (const all of terms) {
    sum.fill(0);
    for (const tokens of all) {
      const { rank, score } = await bestOf(tokens);
      // NaN stays NaN: all terms must be met.
      for (let at = 0; at < size; at++) sum[at] += rank[at] > 0 ? score[at] : Number.NaN;
    }
    for (let at = 0; at < size; at++) {
      if (Number.isNaN(sum[at])) continue;
      sums[at] += sum[at];
      met[at]++;
    }
  }
  const shares = sums.map((sum, at) => (met[at] > 0 ? Math.abs(sum) / loud[SIGNS[at & 1]][at >> 1] : Number.NaN));
  const chosen = order(shares, k);
  const matches = chosen.map((): Hit<P>['matches'] => []);
  for (const all of terms) {
    const own = chosen.map((): Hit<P>['matches'] => []);
    for (const tokens of all) {
      const { rank, token, score } = await bestOf(tokens);
      for (const [i, at] of chosen.entries())
        if (rank[at] > 0) own[i].push({ token: token[at], rank: rank[at], score: score[at] });
    }
    for (const [i, found] of own.entries()) if (found.length === all.length) matches[i].push(...found);
  }
  return chosen.map((at, i) => ({
    number: at >> 1,
    part,
    sign: SIGNS[at & 1],
    score: sums[at],
    share: shares[at],
    met: met[at],
    matches: matches[i],
  }));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type { Term };
