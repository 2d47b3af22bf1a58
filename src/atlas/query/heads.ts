import { HEAD_MATRICES } from '../../reading/parts.ts';
import type { CompositionKind } from '../../reading/statistics/composition.ts';
import type { DirectionReading, DirectionToken } from '../../reading/statistics/directions.ts';
import { spanTail } from '../../reading/statistics/tails.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import { TABLES } from '../schema.ts';
import { checkNumber, checkOneOf } from './check.ts';
import type { Row } from './database.ts';
import type { Value } from './decoded.ts';
import { falseDiscoveries } from './discoveries.ts';
import { notThere } from './readings.ts';
import { objectOf, objectsOf, orderOf, partsOf } from './rows.ts';
import type { Sources } from './sources.ts';
import { checkStatistics, checkThere, doublesOf } from './statistics.ts';

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
  const itself = { layer: checkNumber(layer), head: checkNumber(head), matrix: checkOneOf(matrix, HEAD_MATRICES) };
  const found = await sources.rows('head_singular_values', ['index', 'value', 'span_start', 'span_end'], itself);
  if (found.length === 0) throw notThere('a head with statistics', `${layer}:${head}`);
  const { value, span_start: starts, span_end: ends } = found.columns as Record<string, number[]>;
  const sorted = orderOf(found, ['index']);
  const spans = sorted.flatMap((row, i) => (starts[row] === i ? [{ start: starts[row], end: ends[row] }] : []));
  const values = sorted.map((row) => value[row]);
  const words = await sources.words();
  const names = ['span_start', 'span_end', 'side', 'sign', 'rank', 'token', 'score', 'z'];
  const listed = await sources.rows('head_direction_tokens', names, itself);
  const rows = objectsOf(listed, names);
  const tokens = orderOf(listed, ['span_start', 'rank']).map((row): Row => {
    const { span_start: start, span_end: end, token, ...rest } = rows[row];
    return { start, end, ...rest, ...words.token(token as number) };
  });
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
  return { layer, head, matrix, values, spans, directions };
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
  /** Pairs of the relation before those were left out whose words are not single tokens. */
  given: number | null;
  /** Share of pairs that E·Eᵀ alone promotes. */
  identity: number | null;
  promoted: number;
  promoted_z: number | null;
  promoted_shuffled_z: number | null;
  promoted_p: number | null;
  promoted_shuffled_p: number | null;
  /** Share of pairs that the head promotes and E·Eᵀ does not; its z and p against heads that copy what they read. */
  promoted_above: number | null;
  promoted_copying_z: number | null;
  promoted_copying_p: number | null;
  /**
   * False discoveries to expect among all heads of the relation with as small a p, of those against random and copying
   * heads the larger.
   */
  promoted_q: number | null;
  suppressed: number;
  suppressed_z: number | null;
  suppressed_shuffled_z: number | null;
  suppressed_p: number | null;
  suppressed_shuffled_p: number | null;
  suppressed_above: number | null;
  suppressed_copying_z: number | null;
  suppressed_copying_p: number | null;
  suppressed_q: number | null;
}

const RELATION_ORDERS = [...doublesOf(TABLES.head_relations), 'promoted_q', 'suppressed_q'];

const ENDS = ['promoted', 'suppressed'] as const;
const RELATION_COLUMNS = Object.keys(TABLES.head_relations);
const isOfEnd = (name: string): boolean => ENDS.some((end) => name.startsWith(end));
/** In files what was added later stands behind; here each share stands before its own z, p and q. */
const RELATION_NAMES = [
  ...RELATION_COLUMNS.filter((name) => !isOfEnd(name)),
  ...ENDS.flatMap((end) => [...RELATION_COLUMNS.filter((name) => name.startsWith(end)), `${end}_q`]),
];

/** Heads by a relation score, highest first; default by `promoted`, all relations together. */
export async function atlasRelations(
  sources: Sources,
  options: { relation?: string; layer?: number; head?: number; sort?: string; ascending?: boolean; k?: number } = {},
): Promise<RelationRow[]> {
  const { relation, layer, head, sort = 'promoted', ascending, k = 20 } = options;
  checkStatistics(sources, 'relations');
  // q is counted from p.
  checkThere(sources, 'head_relations', checkOneOf(sort, RELATION_ORDERS).replace(/_q$/, '_p'));
  const asked = { relation, layer: checked(layer), head: checked(head) };
  checkNumber(k);
  // q is counted over all heads of a relation, whichever are asked for.
  const found = await sources.rows('head_relations', RELATION_COLUMNS);
  const groups = partsOf(found, ['relation', 'matrix']);
  for (const end of ENDS) {
    const [random, copying] = [`${end}_p`, `${end}_copying_p`].map((name) => found.columns[name] ?? []);
    const least = Array.from({ length: found.length }, (_, i) => larger(random[i] ?? null, copying[i] ?? null));
    found.columns[`${end}_q`] = falseDiscoveries(least, groups);
  }
  const chosen = orderOf(found, [[sort, !ascending], 'layer', 'head', 'relation'], asked).slice(0, k);
  return chosen.map((row) => objectOf(found, RELATION_NAMES, row)) as unknown as RelationRow[];
}

/** The larger of two values of p that are there. */
const larger = (a: Value, b: Value): Value => (a === null ? b : b === null ? a : Math.max(a as number, b as number));

const checked = (number: number | undefined): number | undefined =>
  number === undefined ? undefined : checkNumber(number);

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
  const asked = {
    kind: kind === undefined ? undefined : checkOneOf(kind, COMPOSITION_KINDS),
    from_layer: checked(from?.[0]),
    from_head: checked(from?.[1]),
    to_layer: checked(to?.[0]),
    to_head: checked(to?.[1]),
  };
  checkNumber(k);
  const found = await sources.rows('head_compositions', COMPOSITION_COLUMNS);
  const p = found.columns.p ?? new Array<Value>(found.length).fill(null);
  found.columns.q = falseDiscoveries(p, partsOf(found, ['kind']));
  const keys = ['from_layer', 'from_head', 'to_layer', 'to_head', 'kind'];
  const chosen = orderOf(found, [[sort, !ascending], ...keys], asked).slice(0, k);
  return chosen.map((row) => objectOf(found, [...COMPOSITION_COLUMNS, 'q'], row)) as unknown as CompositionRow[];
}

const COMPOSITION_COLUMNS = Object.keys(TABLES.head_compositions);
