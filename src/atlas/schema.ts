import type { NoteFacts } from '../reading/notes.ts';
import type { StatisticKind } from '../reading/statistics/catalogue.ts';
import { columnNamed, TABLE_COLUMNS } from '../reading/statistics/columns.ts';
import type { EmbeddingChoice } from '../reading/types.ts';

/**
 * The atlas's tables (docs/atlas.md). A released column keeps its name, type and meaning; a new column or table is an
 * addition; anything else raises SCHEMA_VERSION, and an older weightscope then refuses the folder. 2: look-ups read
 * some columns at their places in the files (parquet.ts), which in files of 1 are encoded otherwise.
 */
export const SCHEMA_VERSION = 2;

/**
 * Raise it when units are cut differently or hold something else, normalisers included: parts of an older plan are then
 * made again, and a finished atlas of one says so. It still reads.
 */
export const PLAN_VERSION = 3;

export type ColumnType = 'INT32' | 'DOUBLE' | 'STRING' | 'BOOLEAN';

/** `?` after the type: may be null. */
export type ColumnSpec = ColumnType | `${ColumnType}?`;

/** Columns in file order. Ranks start at 1; `sign` is `+` (largest first) or `-` (smallest first). */
export const TABLES = {
  /** One row per row of E. */
  tokens: {
    token: 'INT32',
    text: 'STRING',
    label: 'STRING',
    normal: 'STRING',
    ascii: 'BOOLEAN',
    english: 'BOOLEAN',
    alnum: 'BOOLEAN',
    bracket: 'BOOLEAN',
    special: 'BOOLEAN',
    padding: 'BOOLEAN',
  },
  /**
   * `norm` is the vector's length, `reading_norm` that of its listed scores, both signs together; `best` and `worst`
   * are its largest and smallest score, `top` and `bottom` the labels of its first tokens, for people.
   */
  neurons: {
    layer: 'INT32',
    expert: 'INT32',
    neuron: 'INT32',
    part: 'STRING',
    norm: 'DOUBLE',
    reading_norm: 'DOUBLE',
    best: 'DOUBLE',
    worst: 'DOUBLE',
    top: 'STRING',
    bottom: 'STRING',
  },
  neuron_tokens: {
    layer: 'INT32',
    expert: 'INT32',
    neuron: 'INT32',
    part: 'STRING',
    sign: 'STRING',
    rank: 'INT32',
    token: 'INT32',
    score: 'DOUBLE',
  },
  /** The best neurons of each token, from all scores, not from the lists in neuron_tokens. */
  token_neurons: {
    token: 'INT32',
    part: 'STRING',
    sign: 'STRING',
    rank: 'INT32',
    layer: 'INT32',
    expert: 'INT32',
    neuron: 'INT32',
    score: 'DOUBLE',
  },
  /**
   * `best` and `worst` are the largest and smallest score, `top` and `bottom` the labels of the first pairs, for
   * people.
   */
  heads: {
    layer: 'INT32',
    head: 'INT32',
    kv_head: 'INT32',
    matrix: 'STRING',
    best: 'DOUBLE',
    worst: 'DOUBLE',
    top: 'STRING',
    bottom: 'STRING',
  },
  head_pairs: {
    layer: 'INT32',
    head: 'INT32',
    matrix: 'STRING',
    sign: 'STRING',
    rank: 'INT32',
    first: 'INT32',
    second: 'INT32',
    score: 'DOUBLE',
  },
  /**
   * The best heads of each token by `score`, its diagonal entry; `pair_rank`: its best place in head_pairs, either
   * side.
   */
  token_heads: {
    token: 'INT32',
    matrix: 'STRING',
    sign: 'STRING',
    rank: 'INT32',
    layer: 'INT32',
    head: 'INT32',
    score: 'DOUBLE',
    pair_rank: 'INT32?',
  },
  /** Position embeddings, norm gains and biases of the residual stream's width. */
  directions: { name: 'STRING', index: 'INT32', norm: 'DOUBLE' },
  direction_tokens: {
    name: 'STRING',
    index: 'INT32',
    sign: 'STRING',
    rank: 'INT32',
    token: 'INT32',
    score: 'DOUBLE',
  },
  /**
   * The columns are those of reading/statistics/catalogue.ts; docs/statistics.md says what each is, and what its z and
   * p (against random) and shuffled z and p are measured against; `…_q` is the share of false discoveries among all
   * neurons (all heads of a matrix) with as small a p.
   */
  neuron_stats: { layer: 'INT32', expert: 'INT32', neuron: 'INT32', ...statistics('neurons') },
  head_stats: { layer: 'INT32', head: 'INT32', matrix: 'STRING', ...statistics('heads') },
  /** Singular values that cannot be told apart share a span [span_start, span_end). */
  head_singular_values: {
    layer: 'INT32',
    head: 'INT32',
    matrix: 'STRING',
    index: 'INT32',
    value: 'DOUBLE',
    span_start: 'INT32',
    span_end: 'INT32',
  },
  /**
   * Tokens of the first singular directions and spans: `left` is what is read (the query), `right` what is written (the
   * key); z against a random direction or span. A span has no `-`.
   */
  head_direction_tokens: {
    layer: 'INT32',
    head: 'INT32',
    matrix: 'STRING',
    span_start: 'INT32',
    span_end: 'INT32',
    side: 'STRING',
    sign: 'STRING',
    rank: 'INT32',
    token: 'INT32',
    score: 'DOUBLE',
    z: 'DOUBLE',
  },
  /** What a later head reads (`kind`: q, k or v) of what an earlier head writes. */
  head_compositions: {
    from_layer: 'INT32',
    from_head: 'INT32',
    to_layer: 'INT32',
    to_head: 'INT32',
    kind: 'STRING',
    score: 'DOUBLE',
    z: 'DOUBLE',
    p: 'DOUBLE?',
  },
  head_relations: {
    layer: 'INT32',
    head: 'INT32',
    matrix: 'STRING',
    relation: 'STRING',
    pairs: 'INT32',
    promoted: 'DOUBLE',
    promoted_z: 'DOUBLE?',
    promoted_shuffled_z: 'DOUBLE?',
    suppressed: 'DOUBLE',
    suppressed_z: 'DOUBLE?',
    suppressed_shuffled_z: 'DOUBLE?',
    given: 'INT32?',
    identity: 'DOUBLE?',
    promoted_p: 'DOUBLE?',
    promoted_shuffled_p: 'DOUBLE?',
    promoted_above: 'DOUBLE?',
    promoted_copying_z: 'DOUBLE?',
    promoted_copying_p: 'DOUBLE?',
    suppressed_p: 'DOUBLE?',
    suppressed_shuffled_p: 'DOUBLE?',
    suppressed_above: 'DOUBLE?',
    suppressed_copying_z: 'DOUBLE?',
    suppressed_copying_p: 'DOUBLE?',
  },
} as const satisfies Record<string, Record<string, ColumnSpec>>;

export type TableName = keyof typeof TABLES;

function statistics(kind: StatisticKind): Readonly<Record<string, ColumnSpec>> {
  return Object.fromEntries(TABLE_COLUMNS[kind].map(({ name, type }) => [name, type]));
}

const LATER: Partial<Record<TableName, (column: string) => boolean>> = {
  neuron_stats: (column) => columnNamed('neurons', column)?.later === true,
  head_stats: (column) => columnNamed('heads', column)?.later === true,
  head_compositions: (column) => column === 'p',
  head_relations: (column) => /_p$|_above$|_copying_z$|^(given|identity)$/.test(column),
};

/** Columns that older atlases lack: there they are null. */
export const isLater = (table: TableName, column: string): boolean => LATER[table]?.(column) ?? false;

export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

export const SIGNS = ['+', '-'] as const;
export type Sign = (typeof SIGNS)[number];

/** Labels that the columns `top` and `bottom` show. */
export const LABELS = 8;

export type AtlasPart = 'neurons' | 'heads' | 'directions' | 'statistics';
/** `statistics` adds about half to a small model's build, so it is made when asked for. */
export const DEFAULT_PARTS: readonly AtlasPart[] = ['neurons', 'heads', 'directions'];
export const ATLAS_PARTS: readonly AtlasPart[] = ['neurons', 'heads', 'directions', 'statistics'];

/** What decides an atlas's content; recorded in its manifest and part of every unit's id. */
export interface AtlasSettings {
  /** Tokens listed per vector and sign. */
  top: number;
  /** Pairs listed per head, matrix and sign. */
  pairs: number;
  /** Neurons, and heads, listed per token and sign. */
  columns: number;
  /** Layers whose neurons and heads are read, ascending. */
  layers: number[];
  what: AtlasPart[];
  normalize: 'freq' | 'none';
  foldNorm: boolean;
  embedding: EmbeddingChoice;
}

/** A file of an atlas, by its name inside the folder. */
export interface AtlasFile {
  table: TableName | 'arrays' | 'normalisers';
  name: string;
  bytes: number;
  sha256: string;
  rows: number;
}

export interface Manifest {
  format: 'weightscope-atlas';
  schema: number;
  /** The definition of lists and normalisers by which it was begun; absent from before that was written down. */
  plan?: number;
  state: 'building' | 'complete';
  model: { name: string; architecture: string; modelType: string; notes: string[] };
  /** What its readings say about how they were made; absent where there is nothing to say. */
  said?: NoteFacts;
  /** Hash of the checkpoint: its header, config and samples of every tensor's bytes. */
  checkpoint: string;
  dimensions: Record<string, number | boolean>;
  settings: AtlasSettings;
  /** Ids of the finished units. While building they are the receipts under `parts/`. */
  units: string[];
  /** While building, those with which words find neurons, once they are whole; before that none. */
  files: AtlasFile[];
}
