import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import { notOfToday } from '../manifest.ts';
import type { Manifest } from '../schema.ts';
import { checkNumber } from './check.ts';
import { asQuery, bodyOf, type DatabaseOptions, type Row, type RowVisitor } from './database.ts';
import { type AtlasDiff, type DiffOptions, diffSources } from './diff.ts';
import type { AtlasFolder } from './folder.ts';
import {
  type AtlasSpectrum,
  atlasCompositions,
  atlasRelations,
  atlasSpectrum,
  type CompositionRow,
  type RelationRow,
} from './heads.ts';
import { type HeadRow, type ListingOptions, listHeads, listNeurons, type NeuronRow } from './listing.ts';
import { type AtlasHead, type AtlasNeuron, atlasHead, atlasNeuron } from './readings.ts';
import type { SearchOptions, SearchResult } from './search.ts';
import { searchAtlas } from './search-atlas.ts';
import { type SimilarRow, similarNeurons } from './similar.ts';
import { Sources } from './sources.ts';
import { type StatisticColumn, type StatisticKind, statisticColumn, statisticNames } from './statistics.ts';
import { type AtlasToken, atlasToken, atlasTokens, type ListedToken, type TokensOptions } from './token.ts';

/** An open atlas. Its answers come from the files alone: the checkpoint is not needed. */
export class Atlas {
  readonly path: string;
  readonly manifest: Manifest;
  readonly #sources: Sources;
  readonly #folder: AtlasFolder;

  /** Of a folder whose files have been looked at. Throws `ATLAS_INVALID`. */
  static async of(folder: AtlasFolder, options: DatabaseOptions = {}): Promise<Atlas> {
    const { model } = folder.manifest;
    const notes = [...model.notes, ...notOfToday(folder.manifest)];
    const own = { ...folder, manifest: { ...folder.manifest, model: { ...model, notes } } };
    return new Atlas(own, await Sources.open(own, options));
  }

  private constructor(folder: AtlasFolder, sources: Sources) {
    this.path = folder.path;
    this.manifest = folder.manifest;
    this.#folder = folder;
    this.#sources = sources;
  }

  /**
   * Neurons and heads for words; query/terms.ts says how words are written. Throws `QUERY_INVALID`, `TOKEN_UNKNOWN`.
   */
  search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    return searchAtlas(this.#sources, query, options);
  }

  /** A token's best neurons and heads. Throws `OUT_OF_RANGE`. */
  token(id: number, options: { k?: number } = {}): Promise<AtlasToken> {
    return atlasToken(this.#sources, id, options);
  }

  /** Tokens by id, exact text or beginning. */
  tokens(options: TokensOptions = {}): Promise<{ total: number; tokens: ListedToken[] }> {
    return atlasTokens(this.#sources, options);
  }

  /**
   * What `readNeuron` gives with the atlas's settings, from its lists: no checkpoint is opened. Throws `OUT_OF_RANGE`.
   */
  neuron(
    layer: number,
    neuron: number,
    options: { parts?: readonly NeuronPart[]; expert?: number; k?: number; bottom?: number } = {},
  ): Promise<AtlasNeuron> {
    return atlasNeuron(this.#sources, layer, neuron, options);
  }

  /** What `readHead` gives with the atlas's settings, without thresholds. Throws `OUT_OF_RANGE`. */
  head(
    layer: number,
    head: number,
    options: { matrices?: readonly HeadMatrix[]; k?: number; ascending?: boolean } = {},
  ): Promise<AtlasHead> {
    return atlasHead(this.#sources, layer, head, options);
  }

  /**
   * Columns that some atlases lack and this one has, as `table column`.
   * @internal
   */
  get later(): ReadonlySet<string> {
    return this.#sources.later;
  }

  /** Names that `statistics` and `sort` take, of this atlas. */
  statisticNames(kind: StatisticKind): string[] {
    return statisticNames(this.#sources, kind);
  }

  /**
   * One number for each neuron (head) of the atlas as columns, to colour a whole model by. Throws `ARGUMENT_INVALID`.
   */
  statistics(
    kind: StatisticKind,
    name: string,
    options: { part?: NeuronPart; matrix?: HeadMatrix; layer?: number } = {},
  ): Promise<StatisticColumn> {
    return statisticColumn(this.#sources, kind, name, options);
  }

  /** A head's singular values, and its first directions as tokens. Throws `OUT_OF_RANGE` where the atlas has none. */
  spectrum(layer: number, head: number, matrix: HeadMatrix): Promise<AtlasSpectrum> {
    return atlasSpectrum(this.#sources, layer, head, matrix);
  }

  /** Heads by how strongly they implement a relation between words. */
  relations(
    options: { relation?: string; layer?: number; head?: number; sort?: string; ascending?: boolean; k?: number } = {},
  ): Promise<RelationRow[]> {
    return atlasRelations(this.#sources, options);
  }

  /** Pairs of heads by how much of what the earlier writes the later reads (Q-, K-, V-composition). */
  compositions(options: Parameters<typeof atlasCompositions>[1] = {}): Promise<CompositionRow[]> {
    return atlasCompositions(this.#sources, options);
  }

  /**
   * Vectors of neurons by a column of `neurons` or, where the atlas has statistics, of `neuron_stats` (their values).
   */
  neurons(options: ListingOptions & { part?: NeuronPart } = {}): Promise<NeuronRow[]> {
    return listNeurons(this.#sources, options);
  }

  /** Heads, each matrix by itself, by a column of `heads` (default: the best pair's score) or of `head_stats`. */
  heads(options: ListingOptions & { matrix?: HeadMatrix } = {}): Promise<HeadRow[]> {
    return listHeads(this.#sources, options);
  }

  /** Neurons by the cosine of their lists and this one's; see docs/atlas.md. Throws `OUT_OF_RANGE`. */
  similar(
    layer: number,
    neuron: number,
    options: { part?: NeuronPart; expert?: number; k?: number } = {},
  ): Promise<SimilarRow[]> {
    return similarNeurons(this.#sources, layer, neuron, options);
  }

  /** One SELECT over the tables; at most `limit` rows (default 10,000). Throws `QUERY_INVALID`. */
  async sql(query: string, { limit = 10_000, signal }: { limit?: number; signal?: AbortSignal } = {}): Promise<Row[]> {
    const limited = `SELECT * FROM (${bodyOf(query)}\n) LIMIT ${checkNumber(limit)}`;
    return asQuery(() => this.#sources.database().rows(limited, [], { select: query, signal }));
  }

  /** All rows of one SELECT over the tables, some at a time, in bounded memory. Throws `QUERY_INVALID`, `ABORTED`. */
  sqlRows(
    query: string,
    visitor: RowVisitor,
    { limit, signal }: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const sql =
      limit === undefined
        ? bodyOf(query)
        : `SELECT * FROM (${bodyOf(query)}
) LIMIT ${checkNumber(limit)}`;
    return asQuery(() => this.#sources.database().stream(sql, visitor, { select: query, signal }));
  }

  /**
   * This atlas and another of the same architecture, say of a model before and after training: by how many of their
   * first tokens (pairs) the same neuron (head) has in both. Throws `ATLAS_MISMATCH` where there is nothing to compare.
   */
  diff(other: Atlas, options: DiffOptions = {}): Promise<AtlasDiff> {
    return diffSources(
      { path: this.path, sources: this.#sources },
      { path: other.path, sources: other.#sources },
      options,
    );
  }

  /** Reads every file and compares it with what was written. Throws `ATLAS_INVALID` for the first that differs. */
  async check(): Promise<void> {
    for (const file of this.manifest.files) await this.#folder.whole(file);
  }

  close(): void {
    this.#sources.close();
  }
}
