import { WeightscopeError } from '../../errors.ts';
import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Manifest } from '../schema.ts';
import { folderStore } from '../store.node.ts';
import { wholeFile } from '../unit.ts';
import { checkNumber, checkOneOf, HEAD_MATRICES, NEURON_PARTS } from './check.ts';
import { asQuery, type Database, type DatabaseOptions, openDatabase, openFolder, type Row } from './database.node.ts';
import {
  type AtlasSpectrum,
  atlasCompositions,
  atlasRelations,
  atlasSpectrum,
  type CompositionRow,
  type RelationRow,
} from './heads.node.ts';
import { type AtlasHead, type AtlasNeuron, atlasHead, atlasNeuron } from './readings.node.ts';
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
import {
  type StatisticColumn,
  type StatisticKind,
  statisticColumn,
  statisticNames,
  statisticTable,
} from './statistics.node.ts';
import { parseTerms } from './terms.ts';
import { type AtlasToken, atlasToken, atlasTokens, type ListedToken, type TokensOptions } from './token.node.ts';

/** A row of the table `neurons`; `value` is what the rows are sorted by. */
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
  value: number | null;
}

/** A row of the table `heads`; `value` is what the rows are sorted by. */
export interface HeadRow {
  layer: number;
  head: number;
  kv_head: number;
  matrix: HeadMatrix;
  best: number;
  worst: number;
  top: string;
  bottom: string;
  value: number | null;
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
      const own = parts?.filter((part) => NEURON_PARTS.includes(part as NeuronPart) === (kind === 'neurons'));
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

  /** A token's best neurons and heads. Throws `OUT_OF_RANGE`. */
  token(id: number, options: { k?: number } = {}): Promise<AtlasToken> {
    return atlasToken(this.#database, id, options);
  }

  /** Tokens by id, exact text or beginning. */
  tokens(options: TokensOptions = {}): Promise<{ total: number; tokens: ListedToken[] }> {
    return atlasTokens(this.#database, options);
  }

  /** What `readNeuron` gives with the atlas's settings, from its lists: no checkpoint is opened. Throws `OUT_OF_RANGE`. */
  neuron(
    layer: number,
    neuron: number,
    options: { parts?: readonly NeuronPart[]; expert?: number; k?: number; bottom?: number } = {},
  ): Promise<AtlasNeuron> {
    return atlasNeuron(this.#database, this.manifest, layer, neuron, options);
  }

  /** What `readHead` gives with the atlas's settings, without thresholds. Throws `OUT_OF_RANGE`. */
  head(
    layer: number,
    head: number,
    options: { matrices?: readonly HeadMatrix[]; k?: number; ascending?: boolean } = {},
  ): Promise<AtlasHead> {
    return atlasHead(this.#database, this.manifest, layer, head, options);
  }

  /** Names that `statistics` and `sort` take, of this atlas. */
  statisticNames(kind: StatisticKind): string[] {
    return statisticNames(this.manifest, kind);
  }

  /** One number for each neuron (head) of the atlas as columns, to colour a whole model by. Throws `ARGUMENT_INVALID`. */
  statistics(
    kind: StatisticKind,
    name: string,
    options: { part?: NeuronPart; matrix?: HeadMatrix; layer?: number } = {},
  ): Promise<StatisticColumn> {
    return statisticColumn(this.#database, this.manifest, kind, name, options);
  }

  /** A head's singular values, and its first directions as tokens. Throws `OUT_OF_RANGE` where the atlas has none. */
  spectrum(layer: number, head: number, matrix: HeadMatrix): Promise<AtlasSpectrum> {
    return atlasSpectrum(this.#database, layer, head, matrix);
  }

  /** Heads by how strongly they implement a relation between words. */
  relations(
    options: { relation?: string; layer?: number; head?: number; sort?: string; ascending?: boolean; k?: number } = {},
  ): Promise<RelationRow[]> {
    return atlasRelations(this.#database, options);
  }

  /** Pairs of heads by how much of what the earlier writes the later reads (Q-, K-, V-composition). */
  compositions(options: Parameters<typeof atlasCompositions>[1] = {}): Promise<CompositionRow[]> {
    return atlasCompositions(this.#database, options);
  }

  /** Vectors of neurons by a column of `neurons` or, where the atlas has statistics, of `neuron_stats` (their values). */
  async neurons(
    options: { sort?: string; ascending?: boolean; part?: NeuronPart; layer?: number; k?: number } = {},
  ): Promise<NeuronRow[]> {
    const { sort = 'norm', layer, k } = options;
    const ofStatistics = statisticTable(this.manifest, 'neurons', sort) === 'neuron_stats';
    const part = options.part ?? (ofStatistics ? 'value' : undefined);
    const where = [
      part && `part = '${checkOneOf(part, NEURON_PARTS)}'`,
      layer !== undefined && `layer = ${checkNumber(layer)}`,
    ];
    const source = ofStatistics ? 'neurons JOIN neuron_stats USING (layer, expert, neuron)' : 'neurons';
    const columns = 'layer, expert, neuron, part, norm, reading_norm, best, worst, top, bottom';
    return (await this.#listed(source, columns, where, sort, options.ascending, k)) as unknown as NeuronRow[];
  }

  /** Heads, each matrix by itself, by a column of `heads` (default: the best pair's score) or of `head_stats`. */
  async heads(
    options: { sort?: string; matrix?: HeadMatrix; layer?: number; ascending?: boolean; k?: number } = {},
  ): Promise<HeadRow[]> {
    const { sort = 'best', matrix, layer, k } = options;
    const where = [
      matrix && `matrix = '${checkOneOf(matrix, HEAD_MATRICES)}'`,
      layer !== undefined && `layer = ${checkNumber(layer)}`,
    ];
    const ofStatistics = statisticTable(this.manifest, 'heads', sort) === 'head_stats';
    const source = ofStatistics ? 'heads JOIN head_stats USING (layer, head, matrix)' : 'heads';
    const columns = 'layer, head, kv_head, matrix, best, worst, top, bottom';
    return (await this.#listed(source, columns, where, sort, options.ascending, k)) as unknown as HeadRow[];
  }

  async #listed(
    source: string,
    columns: string,
    where: readonly (string | false | undefined)[],
    sort: string,
    ascending = false,
    k = 20,
  ): Promise<Row[]> {
    const key = columns.split(', ').slice(0, 4).join(', ');
    return this.#database.rows(
      `SELECT ${columns}, ${sort} AS value FROM ${source} WHERE ${where.filter(Boolean).join(' AND ') || 'true'}
       ORDER BY value ${ascending ? 'ASC' : 'DESC'} NULLS LAST, ${key} LIMIT ${checkNumber(k)}`,
    );
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
      `SELECT reading_norm FROM neurons WHERE ${itself} AND part = '${checkOneOf(part, NEURON_PARTS)}'`,
    );
    if (!own)
      throw new WeightscopeError('OUT_OF_RANGE', `Expected a neuron of this atlas, got ${layer}:${neuron} (${part}).`);
    const listed = await this.#database.rows(
      `SELECT token, sum(score) FILTER (sign = '+') AS plus, sum(score) FILTER (sign = '-') AS minus
       FROM neuron_tokens WHERE ${itself} AND part = '${part}' GROUP BY token`,
    );
    // Both signs in one row of literals: a join by one small whole number is a look-up in an array.
    const target = listed.map(({ token, plus, minus }) => `(${token}, ${plus ?? 0}::DOUBLE, ${minus ?? 0}::DOUBLE)`);
    return (await this.#database.rows(
      `WITH target(token, plus, minus) AS (VALUES ${target.join(', ')}),
       dots AS (
         SELECT layer, expert, neuron, sum(score * CASE sign WHEN '+' THEN plus ELSE minus END) AS dot
         FROM neuron_tokens JOIN target USING (token) WHERE part = '${part}' GROUP BY layer, expert, neuron
       )
       SELECT layer, expert, neuron, part, dot / (reading_norm * ${Number(own.reading_norm) || 1}) AS cosine, top, bottom
       FROM dots JOIN neurons USING (layer, expert, neuron)
       WHERE part = '${part}' AND NOT (${itself}) ORDER BY cosine DESC, layer, expert, neuron LIMIT ${checkNumber(k)}`,
    )) as unknown as SimilarRow[];
  }

  /** One SELECT over the tables; at most `limit` rows (default 10,000). Throws `QUERY_INVALID`. */
  async sql(query: string, { limit = 10_000, signal }: { limit?: number; signal?: AbortSignal } = {}): Promise<Row[]> {
    await this.#database.checkSelect(query);
    const body = query.trim().replace(/;\s*$/, '');
    const limited = `SELECT * FROM (${body}\n) LIMIT ${checkNumber(limit)}`;
    return asQuery(() => this.#database.stoppableRows(limited, signal));
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
