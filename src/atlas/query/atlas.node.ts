import { WeightscopeError } from '../../errors.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { type Manifest, SIGNS } from '../schema.ts';
import { folderStore } from '../store.node.ts';
import { wholeFile } from '../unit.ts';
import { asQuery, type Database, type DatabaseOptions, openDatabase, openFolder, type Row } from './database.node.ts';
import {
  type HeadHit,
  MAX_TOKENS,
  type Match,
  type NeuronHit,
  type SearchOptions,
  type SearchResult,
  searchSql,
  tokensSql,
} from './search.ts';
import { parseTerms } from './terms.ts';

const NEURON_PARTS = ['key', 'up', 'value'];
const NEURON_ORDERS = ['norm', 'reading_norm', 'best', 'worst'] as const;
export type NeuronOrder = (typeof NEURON_ORDERS)[number];

/** A row of the table `neurons`. */
export interface NeuronRow {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  norm: number;
  reading_norm: number;
  best: number;
  worst: number;
  top: string;
  bottom: string;
}

/** A row of the table `heads`. */
export interface HeadRow {
  layer: number;
  head: number;
  kv_head: number;
  matrix: 'vo' | 'qk';
  best: number;
  worst: number;
  top: string;
  bottom: string;
}

export interface SimilarRow {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  cosine: number;
  top: string;
  bottom: string;
}

/** Opens a finished atlas for questions. Close it after use. Throws `SOURCE_NOT_FOUND`, `ATLAS_INVALID`, `ATLAS_NEWER`. */
export async function openAtlas(path: string, options: DatabaseOptions = {}): Promise<Atlas> {
  const folder = await openFolder(path);
  return new Atlas(path, folder.manifest, await openDatabase({ '': folder }, options));
}

/** An open atlas. Its answers come from the files alone: the checkpoint is not needed. */
export class Atlas {
  readonly path: string;
  readonly manifest: Manifest;
  readonly #database: Database;

  constructor(path: string, manifest: Manifest, database: Database) {
    this.path = path;
    this.manifest = manifest;
    this.#database = database;
  }

  /** Neurons and heads for words; query/terms.ts says how words are written. Throws `QUERY_INVALID`, `TOKEN_UNKNOWN`. */
  async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    const terms = await Promise.all(
      parseTerms(query).map((all) =>
        Promise.all(
          all.map(async (term) => {
            const rows = await asQuery(() => this.#database.rows(tokensSql(term), [term.text]));
            if (rows.length > MAX_TOKENS)
              throw new WeightscopeError(
                'QUERY_INVALID',
                `Expected ${JSON.stringify(term.text)} to stand for at most ${MAX_TOKENS} tokens, found more; ask for something rarer.`,
              );
            return { term, tokens: rows.map(({ token }) => token as number) };
          }),
        ),
      ),
    );
    // An alternative with a word that no token is cannot be met.
    const possible = terms.filter((all) => all.every(({ tokens }) => tokens.length > 0));
    if (possible.length === 0) {
      const unknown = terms.flat().find(({ tokens }) => tokens.length === 0)!;
      throw new WeightscopeError(
        'TOKEN_UNKNOWN',
        `Expected a token for ${JSON.stringify(unknown.term.text)}, found none; try a beginning of it with a star.`,
      );
    }
    const ids = possible.map((all) => all.map(({ tokens }) => tokens));
    const { parts } = options;
    const ask = async (kind: 'neurons' | 'heads'): Promise<Row[]> => {
      const own = parts?.filter((part) => NEURON_PARTS.includes(part) === (kind === 'neurons'));
      if (own?.length === 0) return [];
      return this.#database.rows(searchSql(kind, ids, { ...options, parts: own }));
    };
    const [neurons, heads] = [await ask('neurons'), await ask('heads')];
    const labels = await this.#labels([...neurons, ...heads].flatMap((row) => row.matches as Match[]));
    const labelled = (row: Row): Row => ({
      ...row,
      matches: (row.matches as (Match & { pair_rank?: number | null })[]).map(({ pair_rank, ...match }) => ({
        ...match,
        label: labels.get(match.token) ?? '',
        ...(pair_rank !== undefined && { pairRank: pair_rank }),
      })),
    });
    return {
      neurons: neurons.map(labelled) as unknown as NeuronHit[],
      heads: heads.map(labelled) as unknown as HeadHit[],
      terms,
    };
  }

  /** Neurons by a column: their length, their reading's length, or their best (worst) token's score. */
  async neurons(
    options: { sort?: NeuronOrder; ascending?: boolean; part?: NeuronPart; layer?: number; k?: number } = {},
  ): Promise<NeuronRow[]> {
    const { sort = 'norm', ascending = false, part, layer, k = 20 } = options;
    if (!NEURON_ORDERS.includes(sort))
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${NEURON_ORDERS.join(', ')}, got "${sort}".`);
    const where = [part && `part = '${checkPart(part)}'`, layer !== undefined && `layer = ${checkNumber(layer)}`];
    const conditions = where.filter(Boolean).join(' AND ') || 'true';
    return (await this.#database.rows(
      `SELECT layer, expert, neuron, part, norm, reading_norm, best, worst, top, bottom FROM neurons WHERE ${conditions}
       ORDER BY ${sort} ${ascending ? 'ASC' : 'DESC'}, layer, expert, neuron, part LIMIT ${checkNumber(k)}`,
    )) as unknown as NeuronRow[];
  }

  /** Heads by the score of their best pair. */
  async heads(
    options: { matrix?: 'vo' | 'qk'; layer?: number; ascending?: boolean; k?: number } = {},
  ): Promise<HeadRow[]> {
    const { matrix, layer, ascending = false, k = 20 } = options;
    const where = [
      matrix && `matrix = '${matrix === 'vo' ? 'vo' : 'qk'}'`,
      layer !== undefined && `layer = ${checkNumber(layer)}`,
    ].filter(Boolean);
    return (await this.#database.rows(
      `SELECT layer, head, kv_head, matrix, best, worst, top, bottom FROM heads
       WHERE ${where.join(' AND ') || 'true'}
       ORDER BY best ${ascending ? 'ASC' : 'DESC'}, layer, head, matrix LIMIT ${checkNumber(k)}`,
    )) as unknown as HeadRow[];
  }

  /**
   * Neurons whose reading is nearest: the cosine of the lists of scores, both signs, a token that is not listed counting
   * as 0. A lower bound of what the whole readings' cosine would be only where lists are long enough: see docs/atlas.md.
   */
  async similar(
    layer: number,
    neuron: number,
    options: { part?: NeuronPart; expert?: number; k?: number } = {},
  ): Promise<SimilarRow[]> {
    const { part = 'value', expert = 0, k = 20 } = options;
    const itself = `layer = ${checkNumber(layer)} AND neuron = ${checkNumber(neuron)} AND expert = ${checkNumber(expert)}`;
    const [own] = await this.#database.rows(
      `SELECT reading_norm FROM neurons WHERE ${itself} AND part = '${checkPart(part)}'`,
    );
    if (!own)
      throw new WeightscopeError('OUT_OF_RANGE', `Expected a neuron of this atlas, got ${layer}:${neuron} (${part}).`);
    // One sign at a time: a join by one small whole number is a look-up in an array.
    const dots = SIGNS.map(
      (sign) =>
        `SELECT n.layer, n.expert, n.neuron, n.score * target.score AS dot
         FROM (SELECT * FROM neuron_tokens WHERE part = '${part}' AND sign = '${sign}') n
         JOIN (SELECT token, score FROM neuron_tokens WHERE ${itself} AND part = '${part}' AND sign = '${sign}') target
         USING (token)`,
    );
    return (await this.#database.rows(
      `WITH dots AS (SELECT layer, expert, neuron, sum(dot) AS dot FROM (${dots.join(' UNION ALL ')}) GROUP BY ALL)
       SELECT layer, expert, neuron, part, dot / (reading_norm * ${Number(own.reading_norm) || 1}) AS cosine, top, bottom
       FROM dots JOIN neurons USING (layer, expert, neuron)
       WHERE part = '${part}' AND NOT (${itself}) ORDER BY cosine DESC, layer, expert, neuron LIMIT ${checkNumber(k)}`,
    )) as unknown as SimilarRow[];
  }

  /** One SELECT over the tables; at most `limit` rows (default 10,000). Throws `QUERY_INVALID`. */
  async sql(query: string, { limit = 10_000 }: { limit?: number } = {}): Promise<Row[]> {
    await this.#database.checkSelect(query);
    const body = query.trim().replace(/;\s*$/, '');
    return asQuery(() => this.#database.rows(`SELECT * FROM (${body}\n) LIMIT ${checkNumber(limit)}`));
  }

  /** Reads every file and compares it with what was written. Throws `ATLAS_INVALID` for the first that differs. */
  async check(): Promise<void> {
    const store = folderStore(this.path);
    for (const file of this.manifest.files) await wholeFile(store, file);
  }

  close(): void {
    this.#database.close();
  }

  async #labels(matches: readonly Match[]): Promise<Map<number, string>> {
    const ids = [...new Set(matches.map(({ token }) => token))];
    if (ids.length === 0) return new Map();
    const rows = await this.#database.rows(`SELECT token, label FROM tokens WHERE token IN (${ids.join(', ')})`);
    return new Map(rows.map(({ token, label }) => [token as number, label as string]));
  }
}

function checkPart(part: string): NeuronPart {
  if (NEURON_PARTS.includes(part)) return part as NeuronPart;
  throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${NEURON_PARTS.join(', ')}, got "${part}".`);
}

function checkNumber(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new WeightscopeError('ARGUMENT_INVALID', `Expected a whole number, got ${value}.`);
}
