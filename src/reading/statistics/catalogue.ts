/**
 * Every statistic of heads and neurons, once, as plain data (the page loads this file, so nothing is imported here):
 * the atlas's columns, the live routes, the command, the page's rows and docs/statistics.md follow from it. How each is
 * computed stands in `measures.ts`, under the name of its `measure`.
 */

/**
 * What a value is compared with: random directions or heads, a shuffled vocabulary, other weights of this very model.
 */
export type NullName = 'random' | 'shuffled' | 'others';

export interface StatisticFacts {
  /** Which of `measures.ts` gives it. */
  readonly measure: string;
  /** A name for people. */
  readonly title: string;
  /** What it says, as a sentence without its full stop. */
  readonly sentence: string;
  /** Which of its nulls there are, each with how it is known. The first is the one that z is against. */
  readonly nulls: Readonly<Partial<Record<NullName, string>>>;
  /** The null whose p is the evidence, where that is not the first. */
  readonly evidence?: NullName;
  /** Which values count as extreme. */
  readonly tail?: string;
  /** Its title in docs/statistics.md, where several of one measure share a row. */
  readonly family?: string;
  /** A whole number without nulls, such as how many tokens were looked up. */
  readonly whole?: true;
  /** Which statistic gives the number that this is a share of. */
  readonly shareOf?: string;
  /** Of neurons: some have none. */
  readonly optional?: true;
  /** Of neurons: it needs an `up` row, which only gated MLPs have. */
  readonly gated?: true;
  /** Where an atlas keeps it: its columns are not those of the statistics' table. */
  readonly elsewhere?: true;
  /** Atlases of before this column was added are read too, where it is null. New statistics have it. */
  readonly later?: true;
  /** Where it stands in the answer about one head: `self.top1`. Left out: in none. */
  readonly answer?: string;
  /** Columns that a pass over the weights of a whole model gives in seconds, each with what it says. */
  readonly quick?: Readonly<Record<string, string>>;
}

const OWN_PLACES = {
  measure: 'self',
  family: 'share of tokens first in their own row',
  nulls: { random: 'mean exact, negative binomial', shuffled: 'mean exact, Poisson' },
  tail: 'larger',
  shareOf: 'self_tokens',
} as const;

/** Statistics of a head's matrix in the order of the atlas's columns; a new one stands at the end. */
export const HEAD_STATISTICS = {
  copying: {
    measure: 'copying',
    title: 'copying',
    family: 'copying score by eigenvalues',
    sentence: 'Σλ / Σ|λ| over the eigenvalues of the head’s V × V matrix, the mean row taken out of E, from −1 to 1',
    nulls: { random: 'trace exact, 16 heads', shuffled: 'trace exact, 16 draws' },
    tail: 'two-sided',
    answer: 'copying',
    quick: {
      copying: 'How much the head writes (attends to) the token that it reads, from −1 to 1: Σλ / Σ|λ|',
      copying_z: 'The same against random heads',
      copying_p: 'How probable so extreme a score is in a random head',
    },
  },
  diagonal: {
    measure: 'copying',
    title: 'diagonal',
    family: 'mean of the diagonal',
    sentence: 'Mean score of a token with itself, the mean row taken out of E',
    nulls: { random: 'exact', shuffled: 'exact' },
    tail: 'two-sided',
    answer: 'diagonal',
  },
  self_top1: {
    ...OWN_PLACES,
    title: 'own best',
    sentence: 'Share of tokens that are the best of their own row',
    answer: 'self.top1',
  },
  self_top5: {
    ...OWN_PLACES,
    title: 'own among 5 best',
    sentence: 'Share of tokens among the five best of their own row',
    answer: 'self.top5',
  },
  self_bottom1: {
    ...OWN_PLACES,
    title: 'own worst',
    sentence: 'Share of tokens that are the worst of their own row',
    answer: 'self.bottom1',
  },
  self_bottom5: {
    ...OWN_PLACES,
    title: 'own among 5 worst',
    sentence: 'Share of tokens among the five worst of their own row',
    answer: 'self.bottom5',
  },
  self_tokens: {
    measure: 'self',
    title: 'tokens looked up for own places',
    sentence: 'Tokens that were looked up: own places are shares of them',
    nulls: {},
    whole: true,
    later: true,
    answer: 'self.tokens',
  },
  effective_rank: {
    measure: 'spectrum',
    title: 'effective rank',
    sentence: 'How many directions carry the matrix',
    nulls: {},
    quick: { effective_rank: 'How many directions carry the matrix' },
  },
  fit: {
    measure: 'spectrum',
    title: 'fit',
    family: "fit of a head's two halves",
    sentence: 'How well its two halves fit each other',
    nulls: { random: 'exact', others: 'up to 4,096 pairs of halves' },
    evidence: 'others',
    tail: 'larger',
    quick: {
      fit: 'How well its two halves fit each other',
      fit_z: 'The same against random heads',
      fit_p: 'How probable so good a fit is between halves of different heads',
    },
  },
} as const satisfies Readonly<Record<string, StatisticFacts>>;

/** Statistics of neurons in the order of the atlas's columns; a new one stands at the end. */
export const NEURON_STATISTICS = {
  norm: {
    measure: 'vectors',
    title: 'norm',
    sentence: 'Length of the vector',
    nulls: {},
    elsewhere: true,
    quick: { norm: 'Length of the vector' },
  },
  key_value_cosine: {
    measure: 'vectors',
    title: 'key value cosine',
    family: 'cosine of key and value, up and value',
    sentence: 'Cosine of key and value',
    nulls: { random: 'exact' },
    tail: 'two-sided',
    quick: {
      key_value_cosine: 'Cosine of key and value',
      key_value_cosine_p: 'How probable so large a cosine is between random directions',
    },
  },
  up_value_cosine: {
    measure: 'vectors',
    title: 'up value cosine',
    family: 'cosine of key and value, up and value',
    sentence: 'Cosine of up and value',
    nulls: { random: 'exact' },
    tail: 'two-sided',
    optional: true,
    gated: true,
    quick: { up_value_cosine: 'Cosine of up and value' },
  },
  skew: {
    measure: 'vectors',
    title: 'skew',
    family: "moments of a vector's scores",
    sentence: "Skew of the value's scores: below 0 it suppresses, above 0 it promotes",
    nulls: { random: '4,096 directions' },
    tail: 'kurtosis and max larger, min smaller, others two-sided',
  },
  kurtosis: {
    measure: 'vectors',
    title: 'kurtosis',
    family: "moments of a vector's scores",
    sentence: "Kurtosis of the value's scores: high where a few tokens stand out",
    nulls: { random: '4,096 directions' },
    tail: 'kurtosis and max larger, min smaller, others two-sided',
  },
  key_value_jaccard: {
    measure: 'lists',
    title: 'key value jaccard',
    family: 'Jaccard index of key and value tokens',
    sentence: 'Share of the listed tokens of key and value that both have',
    nulls: { others: "all keys with other neurons' values", shuffled: 'exact' },
    tail: 'larger',
    optional: true,
  },
} as const satisfies Readonly<Record<string, StatisticFacts>>;

export type HeadStatisticName = keyof typeof HEAD_STATISTICS;
export type NeuronStatisticName = keyof typeof NEURON_STATISTICS;

export type StatisticKind = 'heads' | 'neurons';

/** All of a kind, by name. */
export const statisticsOf = (kind: StatisticKind): [name: string, facts: StatisticFacts][] =>
  Object.entries<StatisticFacts>(kind === 'heads' ? HEAD_STATISTICS : NEURON_STATISTICS);

/** What a pass over the weights gives in seconds, by column, with what each says. */
export const quickColumns = (kind: StatisticKind): Readonly<Record<string, string>> =>
  Object.assign({}, ...statisticsOf(kind).map(([, { quick }]) => quick));

/**
 * Something of each statistic that the answer about one head has, where it has it: `self.top1` within `self`. Counts
 * come before what is a share of them.
 */
export function answerOf<T>(
  of: (name: string, facts: StatisticFacts) => T | undefined,
): Record<string, T | Record<string, T>> {
  const answer: Record<string, T | Record<string, T>> = {};
  const ordered = statisticsOf('heads').sort(([, a], [, b]) => Number(b.whole ?? false) - Number(a.whole ?? false));
  for (const [name, facts] of ordered) {
    const [place, within] = facts.answer?.split('.') ?? [];
    const found = place ? of(name, facts) : undefined;
    if (found === undefined) continue;
    if (within) answer[place] = { ...(answer[place] as Record<string, T> | undefined), [within]: found };
    else answer[place] = found;
  }
  return answer;
}
