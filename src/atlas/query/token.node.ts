import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Token } from '../../vocabulary/types.ts';
import type { Sign } from '../schema.ts';
import { checkNumber, HEAD_MATRICES, NEURON_PARTS } from './check.ts';
import type { Database, Row } from './database.node.ts';
import { notThere } from './readings.node.ts';

/** A neuron among a token's best. */
export interface TokenNeuron {
  layer: number;
  expert: number;
  neuron: number;
  score: number;
  /** Labels of the neuron's own first tokens, for people. */
  top: string;
  bottom: string;
}

/** A head among a token's best by the diagonal entry of its matrix. */
export interface TokenHead {
  layer: number;
  head: number;
  score: number;
  /** The token's best place, on either side, among the head's listed pairs of that sign, where it has one. */
  pairRank: number | null;
}

/** `top`: largest scores, largest first. `bottom`: smallest first. */
export interface Ends<T> {
  top: T[];
  bottom: T[];
}

/** The neurons and heads that know a token best. */
export interface AtlasToken extends Token {
  neurons: Partial<Record<NeuronPart, Ends<TokenNeuron>>>;
  heads: Partial<Record<HeadMatrix, Ends<TokenHead>>>;
}

/** `k` of each part (matrix) and sign; at most what the atlas lists (`columns` of its settings). */
export async function atlasToken(
  database: Database,
  token: number,
  { k = 20 }: { k?: number } = {},
): Promise<AtlasToken> {
  const [found] = await database.rows(`SELECT text, label FROM tokens WHERE token = ${checkNumber(token)}`);
  if (!found) throw notThere('a token', `${token}`);
  const among = `token = ${token} AND rank <= ${checkNumber(k)}`;
  const neurons = await database.rows(
    `SELECT part, sign, layer, expert, neuron, score, top, bottom
     FROM token_neurons JOIN neurons USING (layer, expert, neuron, part) WHERE ${among} ORDER BY rank`,
  );
  const heads = await database.rows(
    `SELECT matrix AS part, sign, layer, head, score, pair_rank AS pairRank FROM token_heads WHERE ${among} ORDER BY rank`,
  );
  return {
    id: token,
    token: found.text as string,
    label: found.label as string,
    neurons: byPart<NeuronPart, TokenNeuron>(neurons, NEURON_PARTS),
    heads: byPart<HeadMatrix, TokenHead>(heads, HEAD_MATRICES),
  };
}

function byPart<P extends string, T>(rows: readonly Row[], parts: readonly P[]): Partial<Record<P, Ends<T>>> {
  const of = (part: P, sign: Sign): T[] =>
    rows.filter((row) => row.part === part && row.sign === sign).map(({ part: _, sign: __, ...row }) => row as T);
  return Object.fromEntries(
    parts
      .filter((part) => rows.some((row) => row.part === part))
      .map((part) => [part, { top: of(part, '+'), bottom: of(part, '-') }]),
  ) as Partial<Record<P, Ends<T>>>;
}

/** A token of the atlas with its classes. */
export interface ListedToken extends Token {
  special: boolean;
  padding: boolean;
}

export interface TokensOptions {
  id?: number;
  /** Of exactly this text. */
  text?: string;
  /** Beginning so, case and a leading space aside; the shortest first. */
  prefix?: string;
  /** Default 50. */
  k?: number;
}

/** Tokens by id, text or beginning; all by id when none is given. `total`: how many there are. */
export async function atlasTokens(
  database: Database,
  { id, text, prefix, k = 50 }: TokensOptions,
): Promise<{ total: number; tokens: ListedToken[] }> {
  const asked =
    id !== undefined
      ? { where: 'token = ?', value: id }
      : text !== undefined
        ? { where: 'text = ?', value: text }
        : { where: 'starts_with(normal, ?) AND NOT padding', value: prefix?.trim().toLowerCase() };
  const { where, value } = asked.value === undefined ? { where: 'true', value: undefined } : asked;
  const values = value === undefined ? [] : [value];
  const [{ total }] = await database.rows(`SELECT count(*) AS total FROM tokens WHERE ${where}`, values);
  const order = prefix === undefined ? 'token' : 'length(normal), token';
  const rows = await database.rows(
    `SELECT token AS id, text AS token, label, special, padding FROM tokens WHERE ${where} ORDER BY ${order} LIMIT ${checkNumber(k)}`,
    values,
  );
  return { total: total as number, tokens: rows as unknown as ListedToken[] };
}
