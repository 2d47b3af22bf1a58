import { HEAD_MATRICES } from '../../reading/parts.ts';
import type { CompositionKind } from '../../reading/statistics/composition.ts';
import type { DirectionReading, DirectionToken } from '../../reading/statistics/directions.ts';
import { spanTail } from '../../reading/statistics/tails.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import { TABLES } from '../schema.ts';
import { checkNumber, checkOneOf } from './check.ts';
import type { Row } from './database.node.ts';
import { notThere } from './readings.node.ts';
import type { Sources } from './sources.node.ts';
import { checkStatistics, checkThere, doublesOf } from './statistics.node.ts';

/** A head's singular values, and which of them can be told apart. */
export interface AtlasSpectrum {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  values: number[];
  /** Singular values [start, end) that share a span have no directions of their own. */
  spans: { start: number; end: number }[];
  /** The first of them as tokens, in the shape that `readDirections` gives. */
  directions: DirectionReading[];
}

/** A head's spectrum as the atlas has it. */
export async function atlasSpectrum(
  sources: Sources,
  layer: number,
  head: number,
  matrix: HeadMatrix,
): Promise<AtlasSpectrum> {
  const itself = `layer = ${checkNumber(layer)} AND head = ${checkNumber(head)} AND matrix = '${checkOneOf(matrix, HEAD_MATRICES)}'`;
  const rows = await sources.rows(
    `SELECT value, span_start AS start, span_end AS "end" FROM head_singular_values
     WHERE ${itself} ORDER BY index`,
  );
  if (rows.length === 0) throw notThere('a head with statistics', `${layer}:${head}`);
  const spans = rows.filter(({ start }, i) => start === i).map(({ start, end }) => ({ start, end }));
  const values = rows.map(({ value }) => value as number);
  const words = sources.words();
  const listed = await sources.rows(
    `SELECT span_start AS start, span_end AS "end", side, sign, token, score, z
     FROM head_direction_tokens WHERE ${itself} ORDER BY span_start, rank`,
  );
  const tokens = listed.map((row): Row => ({ ...row, ...words.token(row.token as number) }));
  const directions = [...new Set(tokens.map(({ start }) => start as number))].map((start): DirectionReading => {
    const own = tokens.filter((row) => row.start === start);
    const end = own[0].end as number;
    const p = (z: number): number => spanTail(z, end - start, Number(sources.manifest.dimensions.hidden));
    return {
      start,
      end,
      values: values.slice(start, end),
      left: sideOf(own, 'left', p),
      right: sideOf(own, 'right', p),
    };
  });
  return { layer, head, matrix, values, spans: spans as AtlasSpectrum['spans'], directions };
}

function sideOf(
  rows: readonly Row[],
  side: string,
  p: (z: number) => number,
): { top: DirectionToken[]; bottom: DirectionToken[] } {
  const of = (sign: string): DirectionToken[] =>
    rows
      .filter((row) => row.side === side && row.sign === sign)
      .map(({ id, token, label, score, z }) => ({ id, token, label, score, z, p: p(z as number) }) as DirectionToken);
  return { top: of('+'), bottom: of('-') };
}

/** A row of `head_relations`. */
export interface RelationRow {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  relation: string;
  /** Pairs of the relation whose words are single tokens. */
  pairs: number;
  promoted: number;
  promoted_z: number | null;
  promoted_shuffled_z: number | null;
  suppressed: number;
  suppressed_z: number | null;
  suppressed_shuffled_z: number | null;
  /** Pairs of the relation before those were left out whose words are not single tokens. */
  given: number | null;
  /** Share of pairs that E·Eᵀ alone promotes. */
  identity: number | null;
  promoted_p: number | null;
  promoted_shuffled_p: number | null;
  /** Share of pairs that the head promotes and E·Eᵀ does not; its z and p against heads that copy what they read. */
  promoted_above: number | null;
  promoted_copying_z: number | null;
  promoted_copying_p: number | null;
  suppressed_p: number | null;
  suppressed_shuffled_p: number | null;
  suppressed_above: number | null;
  suppressed_copying_z: number | null;
  suppressed_copying_p: number | null;
  /**
   * False discoveries to expect among all heads of the relation with as small a p, of those against random and copying
   * heads the larger.
   */
  promoted_q: number | null;
  suppressed_q: number | null;
}

const RELATION_ORDERS = [...doublesOf(TABLES.head_relations), 'promoted_q', 'suppressed_q'];

/** Benjamini and Hochberg (1995) within each partition, of rows that have a p. */
const qOf = (p: string, partition: string): string =>
  `CASE WHEN ${p} IS NOT NULL THEN least(1, min(${p} * n_${p} / r_${p}) OVER (PARTITION BY ${partition}, ${p} IS NULL ORDER BY r_${p} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)) END`;
const rankOf = (p: string, partition: string): string =>
  `row_number() OVER (PARTITION BY ${partition}, ${p} IS NULL ORDER BY ${p}) AS r_${p}, count(*) OVER (PARTITION BY ${partition}, ${p} IS NULL) AS n_${p}`;

const ENDS = ['promoted', 'suppressed'] as const;
const WITH_Q = `SELECT * EXCLUDE (${ENDS.flatMap((end) => [`least_${end}`, `r_least_${end}`, `n_least_${end}`]).join(', ')}),
    ${ENDS.map((end) => `${qOf(`least_${end}`, 'relation, matrix')} AS ${end}_q`).join(', ')}
  FROM (SELECT *, ${ENDS.map((end) => rankOf(`least_${end}`, 'relation, matrix')).join(', ')}
    FROM (SELECT *, ${ENDS.map((end) => `greatest(${end}_p, ${end}_copying_p) AS least_${end}`).join(', ')} FROM head_relations))`;

/** Heads by a relation score, highest first; default by `promoted`, all relations together. */
export async function atlasRelations(
  sources: Sources,
  options: { relation?: string; layer?: number; head?: number; sort?: string; ascending?: boolean; k?: number } = {},
): Promise<RelationRow[]> {
  const { relation, layer, head, sort = 'promoted', ascending, k = 20 } = options;
  checkStatistics(sources, 'relations');
  // q is counted from p.
  checkThere(sources, 'head_relations', checkOneOf(sort, RELATION_ORDERS).replace(/_q$/, '_p'));
  const where = [
    ...(relation === undefined ? [] : ['relation = ?']),
    ...(layer === undefined ? [] : [`layer = ${checkNumber(layer)}`]),
    ...(head === undefined ? [] : [`head = ${checkNumber(head)}`]),
  ];
  return (await sources.rows(
    `SELECT * FROM (${WITH_Q}) WHERE ${where.join(' AND ') || 'true'}
     ORDER BY ${sort} ${ascending ? 'ASC' : 'DESC'} NULLS LAST, layer, head, relation LIMIT ${checkNumber(k)}`,
    relation === undefined ? [] : [relation],
  )) as unknown as RelationRow[];
}

/** A row of `head_compositions`. */
export interface CompositionRow {
  from_layer: number;
  from_head: number;
  to_layer: number;
  to_head: number;
  kind: CompositionKind;
  score: number;
  z: number;
  /** Against pairs of heads that cannot compose; null in older atlases. */
  p: number | null;
  /** False discoveries to expect among all pairs of this kind with as small a p. */
  q: number | null;
}

const COMPOSITION_KINDS: readonly CompositionKind[] = ['q', 'k', 'v'];

/**
 * Pairs of heads of which the later reads most of what the earlier writes; of one head where `from` or `to` names it.
 */
export async function atlasCompositions(
  sources: Sources,
  options: {
    from?: readonly [layer: number, head: number];
    to?: readonly [layer: number, head: number];
    kind?: CompositionKind;
    sort?: 'score' | 'z' | 'p';
    ascending?: boolean;
    k?: number;
  } = {},
): Promise<CompositionRow[]> {
  const { from, to, kind, sort = 'score', ascending, k = 20 } = options;
  checkStatistics(sources, 'compositions');
  checkThere(sources, 'head_compositions', checkOneOf(sort, ['score', 'z', 'p']));
  const where = [
    ...(kind === undefined ? [] : [`kind = '${checkOneOf(kind, COMPOSITION_KINDS)}'`]),
    ...(from ? [`from_layer = ${checkNumber(from[0])} AND from_head = ${checkNumber(from[1])}`] : []),
    ...(to ? [`to_layer = ${checkNumber(to[0])} AND to_head = ${checkNumber(to[1])}`] : []),
  ];
  return (await sources.rows(
    `SELECT * FROM (SELECT * EXCLUDE (r_p, n_p), ${qOf('p', 'kind')} AS q
       FROM (SELECT *, ${rankOf('p', 'kind')} FROM head_compositions)) WHERE ${where.join(' AND ') || 'true'}
     ORDER BY ${sort} ${ascending ? 'ASC' : 'DESC'}, from_layer, from_head, to_layer, to_head, kind
     LIMIT ${checkNumber(k)}`,
  )) as unknown as CompositionRow[];
}
