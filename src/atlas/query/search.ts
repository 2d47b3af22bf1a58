import type { NeuronPart } from '../../reading/types.ts';
import type { Sign } from '../schema.ts';
import { conditionOf, type Term, type Terms } from './terms.ts';

export type SearchPart = NeuronPart | 'vo' | 'qk';

export interface SearchOptions {
  /** Default: all. */
  parts?: readonly SearchPart[];
  /** Default both. */
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

/** Ids of a term's tokens, in order; one parameter, the term's text. */
export const tokensSql = (term: Term): string =>
  `SELECT token FROM tokens WHERE ${conditionOf(term)} ORDER BY token LIMIT ${MAX_TOKENS + 1}`;

const KINDS = {
  neurons: { table: 'token_neurons', part: 'part', key: ['layer', 'expert', 'neuron', 'part', 'sign'], more: '' },
  heads: { table: 'token_heads', part: 'matrix', key: ['layer', 'head', 'matrix', 'sign'], more: ', pair_rank' },
} as const;

/**
 * The neurons or heads that are among the best of a token of every term of an alternative: by the sum of the best
 * matching scores, largest size first. Numbers and names in it are our own, so nothing needs to be escaped.
 */
export function searchSql(
  kind: keyof typeof KINDS,
  terms: readonly (readonly number[][])[],
  { parts, sign, k = 20 }: SearchOptions,
): string {
  const { table, part, key, more } = KINDS[kind];
  const keys = key.join(', ');
  const asked = terms.flatMap((all, alternative) =>
    all.flatMap((tokens, term) => tokens.map((token) => `(${alternative}, ${term}, ${token})`)),
  );
  const tokens = [...new Set(terms.flat(2))];
  const where = [
    `token IN (${tokens.join(', ')})`,
    parts ? `${part} IN (${parts.map((name) => `'${name}'`).join(', ')})` : '',
    sign ? `sign = '${sign}'` : '',
  ].filter(Boolean);
  return `
    WITH asked(alternative, term, token) AS (VALUES ${asked.join(', ')}),
    found AS MATERIALIZED (SELECT token, rank, score, ${keys}${more} FROM ${table} WHERE ${where.join(' AND ')}),
    best AS (
      SELECT alternative, term, ${keys},
        arg_max({token: token, rank: rank, score: score${more && ', pair_rank: pair_rank'}}, abs(score)) AS match
      FROM found JOIN asked USING (token) GROUP BY ALL
    ),
    met AS (
      SELECT alternative, ${keys}, sum(match.score) AS score, list(match ORDER BY term) AS matches
      FROM best GROUP BY alternative, ${keys}
      HAVING count(*) = CASE alternative ${terms.map((all, i) => `WHEN ${i} THEN ${all.length}`).join(' ')} END
    )
    SELECT ${keys}, max_by(score, abs(score)) AS score, max_by(matches, abs(score)) AS matches
    FROM met GROUP BY ${keys} ORDER BY abs(max_by(score, abs(score))) DESC, ${keys} LIMIT ${k}`;
}

export type { Term, Terms };
