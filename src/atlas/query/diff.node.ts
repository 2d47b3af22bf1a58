import { WeightscopeError } from '../../errors.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { type DatabaseOptions, openDatabase, openFolder } from './database.node.ts';

export interface DiffOptions extends DatabaseOptions {
  /** Tokens of a neuron's list, and pairs of a head's, that are compared; default 20. */
  among?: number;
  /** Results of each kind; default 20. */
  k?: number;
}

export interface AtlasDiff {
  /** The neurons that changed most: fewest tokens in both lists first. `lost`: in A's only. `gained`: in B's only. */
  neurons: NeuronDiff[];
  heads: HeadDiff[];
}

export interface NeuronDiff {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  shared: number;
  lost: string[];
  gained: string[];
}

export interface HeadDiff {
  layer: number;
  head: number;
  matrix: 'vo' | 'qk';
  shared: number;
  lost: [string, string][];
  gained: [string, string][];
}

/**
 * Two atlases of one architecture, say of a model before and after training: by how many of their first `among` tokens
 * (pairs) the same neuron (head) has in both, tokens compared by their text. Throws `ATLAS_MISMATCH` where there is
 * nothing to compare.
 */
export async function diffAtlases(a: string, b: string, options: DiffOptions = {}): Promise<AtlasDiff> {
  const { among = 20, k = 20, ...settings } = options;
  for (const [name, value] of Object.entries({ among, k })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`${name}\` to be 1 or more, got ${value}.`);
  }
  const folders = { a_: await openFolder(a), b_: await openFolder(b) };
  const database = await openDatabase(folders, settings);
  try {
    const neurons = await database.rows(neuronSql(among, k));
    const heads = await database.rows(headSql(among, k));
    if (neurons.length + heads.length === 0)
      throw new WeightscopeError(
        'ATLAS_MISMATCH',
        `Expected ${a} and ${b} to have neurons or heads in common, found none.`,
      );
    return { neurons, heads } as unknown as AtlasDiff;
  } finally {
    database.close();
  }
}

const NEURON = 'layer, expert, neuron, part';

function neuronSql(among: number, k: number): string {
  const lists = (prefix: string): string =>
    `SELECT ${NEURON}, list(text) AS texts, list(label) AS labels
     FROM (SELECT * FROM ${prefix}neuron_tokens JOIN ${prefix}tokens USING (token)
           WHERE sign = '+' AND rank <= ${among} ORDER BY ${NEURON}, rank) GROUP BY ${NEURON}`;
  return compare(NEURON, lists('a_'), lists('b_'), k);
}

const HEAD = 'layer, head, matrix';

function headSql(among: number, k: number): string {
  const lists = (prefix: string): string =>
    `SELECT ${HEAD}, list([first_text, second_text]) AS texts, list([first_label, second_label]) AS labels
     FROM (SELECT p.*, f.text AS first_text, f.label AS first_label, s.text AS second_text, s.label AS second_label
           FROM ${prefix}head_pairs p JOIN ${prefix}tokens f ON f.token = first JOIN ${prefix}tokens s ON s.token = second
           WHERE sign = '+' AND rank <= ${among} ORDER BY ${HEAD}, rank) GROUP BY ${HEAD}`;
  return compare(HEAD, lists('a_'), lists('b_'), k);
}

/** What both have, by the size of the lists' intersection. */
function compare(key: string, a: string, b: string, k: number): string {
  const only = (own: string, other: string): string =>
    `[${own}.labels[i] for i in range(1, len(${own}.texts) + 1) if not list_contains(${other}.texts, ${own}.texts[i])]`;
  return `
    WITH a AS (${a}), b AS (${b}),
    both_ AS (SELECT ${key}, ${only('a', 'b')} AS lost, ${only('b', 'a')} AS gained, len(a.texts) AS n FROM a JOIN b USING (${key}))
    SELECT ${key}, n - len(lost) AS shared, lost, gained FROM both_ ORDER BY shared, ${key} LIMIT ${k}`;
}
