import type { z } from 'zod';
import { RATES } from '../../atlas/cost.ts';
import type { MeasuredRates } from '../../atlas/measure.ts';
import type { AtlasDiff } from '../../atlas/query/diff.ts';
import type { AtlasSpectrum } from '../../atlas/query/heads.ts';
import type { Match, SearchResult } from '../../atlas/query/search.ts';
import type { SimilarRow } from '../../atlas/query/similar.ts';
import { written } from '../../atlas/query/terms.ts';
import type { Plan } from '../../atlas/scale.ts';
import type { CompositionRows, HeadRows, NeuronRows, RelationRows } from '../../questions/results.ts';
import { neuronText } from '../../reading/place.ts';
import type { DirectionTokens } from '../../reading/statistics/directions.ts';
import { storedShare } from '../../reading/statistics/relation-columns.ts';
import { ENOUGH_PAIRS, relationP } from '../../reading/statistics/relations.ts';
import type { Block, Column, Report } from '../output/report.ts';
import { time } from '../output/time.ts';
import { plural, probability, scoreFormat, thousands } from './reading.ts';
import { tooFewPairs } from './relations.ts';

export function planReport(model: string, plan: Plan, measured?: MeasuredRates): Report {
  const giga = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
  const rates = measured?.rates ?? RATES;
  const rate = Object.entries(rates).map(([kind, r]) => `${kind} ${(r / 1e9).toPrecision(3)}`);
  const whose = measured
    ? `measured here, ${measured.engine}`
    : 'two cores with the WASM engine; --measure for this machine';
  const scales = plan.scales.map(({ machines, seconds, computing, reading, merging, lists }) => [
    machines === 1 ? 'on 1 machine' : `on ${machines} machines`,
    `${time(seconds)}: computing ${time(computing)}, reading ${time(reading)}, merging ${time(merging)} (${giga(lists)} of lists)`,
  ]);
  return single({
    title: `atlas of ${model}`,
    columns: [
      { name: 'what', faint: true },
      { name: 'takes', flexible: true },
    ],
    rows: [
      ['units', thousands(plan.units)],
      ['operations', `${(plan.operations / 1e12).toPrecision(3)} tera, before anything is pruned`],
      ['read', giga(plan.bytesRead)],
      ['tables', giga(plan.tables)],
      ['memory', `${giga(plan.memory)} for a worker's largest unit`],
      ['rates', `${rate.join(', ')} giga a second (${whose})`],
      ...scales,
    ],
    json: { model, rates, measured: measured !== undefined, ...plan },
    records: plan.scales.map((scale) => ({ model, ...scale })),
  });
}

export function searchReport(query: string, { neurons, heads, terms, notes }: SearchResult): Report {
  const score = scoreFormat([...neurons, ...heads]);
  // Of one alternative all is met.
  const several = terms.length > 1;
  const met = (of: { met: number }): string[] => (several ? [`${of.met} of ${terms.length}`] : []);
  const words = (of: readonly (Match & { own: number | null })[]): string =>
    of.map(({ label, own }) => `${label} ${own === null ? '–' : `#${thousands(own)}`}`).join('  ');
  const columns = (what: string): Column[] => [
    { name: what, shown: true },
    { name: 'part', shown: true },
    { name: '', faint: true },
    { name: 'share', shown: true, align: 'right' },
    { name: 'score', shown: true, align: 'right', faint: true },
    ...(several ? [{ name: 'met', shown: true } as const] : []),
    { name: `word and its place in the ${what}’s own list`, shown: true, flexible: true },
  ];
  return {
    title: `search ${query}`,
    applied: [tokensOfTerms(terms), 'in order of share: how far the words stand out within it'],
    groups: [
      {
        blocks: [
          {
            columns: columns('neuron'),
            rows: neurons.map((hit) => [
              neuronText(hit),
              hit.part,
              hit.sign,
              hit.share.toFixed(3),
              score(hit.score),
              ...met(hit),
              words(hit.matches.map((match) => ({ ...match, own: match.within }))),
            ]),
          },
        ],
      },
      {
        blocks: [
          {
            columns: columns('head'),
            rows: heads.map((hit) => [
              `${hit.layer}:${hit.head}`,
              hit.matrix,
              hit.sign,
              hit.share.toFixed(3),
              score(hit.score),
              ...met(hit),
              words(hit.matches.map((match) => ({ ...match, own: match.pairRank }))),
            ]),
          },
        ],
      },
    ].filter(({ blocks }) => blocks[0].rows.length > 0),
    notes: [
      ...(neurons.length + heads.length === 0 ? ['Nothing is among the best of all these words at once.'] : []),
      ...notes,
      ...(neurons.length > 0 ? [OF_NEURONS] : []),
      ...(heads.length > 0 ? [OF_HEADS] : []),
    ],
    json: { query, neurons, heads, terms, notes },
    *records() {
      for (const hit of neurons) yield { kind: 'neuron', ...hit, words: wordsOf(hit) };
      for (const hit of heads) yield { kind: 'head', ...hit, words: wordsOf(hit) };
    },
  };
}

/** Few enough that a list of words stays one line. */
const NAMED_TERMS = 6;

/** How many tokens were looked for: `2 tokens`, or of several words by their names: `dog 2 tokens, cat 3`. */
function tokensOfTerms(terms: SearchResult['terms']): string {
  const single = terms.flat().length === 1;
  let first = true;
  const said = terms.slice(0, NAMED_TERMS).map((all) =>
    all
      .map(({ term, tokens }) => {
        const count = first ? plural(tokens.length, 'token') : thousands(tokens.length);
        first = false;
        return single ? count : `${written(term)} ${count}`;
      })
      .join(' and '),
  );
  const more = terms.length > NAMED_TERMS ? [`${thousands(terms.length - NAMED_TERMS)} more words`] : [];
  return [...said, ...more].join(', ');
}

const OF_NEURONS =
  'A neuron’s share is the size of its score beside the length of all scores that the atlas lists of it; – is a word ' +
  'that it does not list.';
const OF_HEADS =
  'A head’s share is the size of its score beside that of its best pair; – is a word in none of its listed pairs.';

/** The words that matched, for a cell of a table. */
const wordsOf = ({ matches }: { matches: readonly Match[] }): string => matches.map(({ label }) => label).join(' ');

export function neuronsReport({ sort, neurons: rows }: z.infer<typeof NeuronRows>, folder: string): Report {
  return single({
    title: `neurons of ${folder} by ${sort}`,
    columns: [
      { name: 'neuron', shown: true },
      { name: 'part', shown: true },
      { name: sort, shown: true, align: 'right', faint: true },
      ...EVIDENCE.filter(() => rows.some(tested)),
      { name: 'highest', shown: true, flexible: true },
      { name: 'lowest', shown: true, flexible: true },
    ],
    rows: rows.map((row) => [
      neuronText(row),
      row.part,
      numberOf(row.value),
      ...evidence(row, rows),
      row.top,
      row.bottom,
    ]),
    json: rows,
    records: rows,
  });
}

export function headsReport({ sort, heads: rows }: z.infer<typeof HeadRows>, folder: string): Report {
  return single({
    title: `heads of ${folder} by ${sort}`,
    columns: [
      { name: 'head', shown: true },
      { name: 'matrix', shown: true },
      { name: sort, shown: true, align: 'right', faint: true },
      ...EVIDENCE.filter(() => rows.some(tested)),
      { name: 'best pairs', shown: true, flexible: true },
    ],
    rows: rows.map((row) => [
      `${row.layer}:${row.head}`,
      row.matrix,
      numberOf(row.value),
      ...evidence(row, rows),
      row.top,
    ]),
    json: rows,
    records: rows,
  });
}

export function relationRowsReport({ sort, relations: rows }: z.infer<typeof RelationRows>, folder: string): Report {
  return single({
    title: `relations in ${folder} by ${sort}`,
    columns: [
      { name: 'head', shown: true },
      { name: 'relation', shown: true },
      { name: 'pairs', shown: true, align: 'right', faint: true },
      { name: 'E·Eᵀ', shown: true, align: 'right', faint: true },
      { name: 'promoted', shown: true, align: 'right' },
      { name: 'above', shown: true, align: 'right' },
      { name: 'p', shown: true, align: 'right', faint: true },
      { name: 'q', shown: true, align: 'right', faint: true },
      { name: 'suppressed', shown: true, align: 'right' },
      { name: 'p', shown: true, align: 'right', faint: true },
      { name: 'q', shown: true, align: 'right', faint: true },
    ],
    rows: rows.map((row) => [
      `${row.layer}:${row.head}`,
      row.relation,
      `${row.pairs}`,
      row.identity?.toFixed(3) ?? '',
      row.promoted.toFixed(3),
      row.promoted_above?.toFixed(3) ?? '',
      probability(relationP(storedShare(row, 'promoted'))),
      probability(row.promoted_q),
      row.suppressed.toFixed(3),
      probability(relationP(storedShare(row, 'suppressed'))),
      probability(row.suppressed_q),
    ]),
    notes: [
      'Above: the share of pairs that the head promotes and E·Eᵀ, a head that merely copies, does not. p is the larger of two, that of the share against random heads and that of what is above against heads that copy: JSON and CSV have both.',
      ...[...new Map(rows.map((row) => [row.relation, row])).values()]
        .filter(({ pairs }) => pairs < ENOUGH_PAIRS)
        .map(tooFewPairs),
    ],
    json: rows,
    records: rows,
  });
}

/** Tokens of either end of a direction in a table, where no other number is asked for. */
const OF_AN_END = 6;

/** `k`: so many tokens of either end; without it a table has the first of them, and JSON and CSV all. */
export function spectrumReport(of: string, { directions, ...spectrum }: AtlasSpectrum, k?: number): Report {
  const first = (side: DirectionTokens): DirectionTokens => ({
    ...side,
    top: side.top.slice(0, k),
    bottom: side.bottom.slice(0, k),
  });
  const cut = directions.map((one) => ({ ...one, left: first(one.left), right: first(one.right) }));
  const words = (side: DirectionTokens): string =>
    [side.top, side.bottom]
      .filter(({ length }) => length > 0)
      .map((tokens) =>
        tokens
          .slice(0, k ?? OF_AN_END)
          .map(({ label }) => label)
          .join(' '),
      )
      .join('  |  ');
  // As many as were asked for are not cut to the terminal's width.
  const asked = k !== undefined;
  const kept = Math.max(0, ...directions.map(({ left }) => left.top.length));
  return single({
    title: `singular directions of ${of}, ${spectrum.matrix}`,
    columns: [
      { name: 'values', shown: true, align: 'right' },
      {
        name: spectrum.matrix === 'vo' ? 'reads (highest | lowest)' : 'query (highest | lowest)',
        ...{ shown: true, flexible: true, wraps: asked },
      },
      { name: spectrum.matrix === 'vo' ? 'writes' : 'key', shown: true, flexible: true, wraps: asked },
    ],
    rows: cut.map(({ values, left, right }) => [values.map(numberOf).join(' '), words(left), words(right)]),
    notes:
      !asked && kept > OF_AN_END
        ? [`The first ${OF_AN_END} of the ${kept} tokens that the atlas has of either end; -k says how many.`]
        : asked && k > kept
          ? [`The atlas has ${plural(kept, 'token')} of either end.`]
          : [],
    json: { ...spectrum, directions: cut },
    records: cut,
  });
}

export function compositionsReport({ compositions: rows }: z.infer<typeof CompositionRows>, folder: string): Report {
  return single({
    title: `composition of heads in ${folder}`,
    columns: [
      { name: 'writes', shown: true },
      { name: 'reads', shown: true },
      { name: 'as', shown: true },
      { name: 'score', shown: true, align: 'right' },
      { name: 'z', shown: true, align: 'right', faint: true },
      { name: 'p', shown: true, align: 'right', faint: true },
      { name: 'q', shown: true, align: 'right', faint: true },
    ],
    rows: rows.map((row) => [
      `${row.from_layer}:${row.from_head}`,
      `${row.to_layer}:${row.to_head}`,
      row.kind,
      row.score.toFixed(3),
      row.z.toFixed(1),
      probability(row.p),
      probability(row.q),
    ]),
    notes: [
      'z is against matrices turned at random, from which all heads of a model are far; p and q are against pairs of heads that cannot compose: where q is near 1, none stands out from those.',
    ],
    json: rows,
    records: rows,
  });
}

export function similarReport(of: string, rows: readonly SimilarRow[]): Report {
  return single({
    title: `neurons like ${of}`,
    columns: [
      { name: 'neuron', shown: true },
      { name: 'cosine', shown: true, align: 'right', faint: true },
      { name: 'highest', shown: true, flexible: true },
    ],
    rows: rows.map((row) => [neuronText(row), row.cosine.toFixed(3), row.top]),
    json: rows,
    records: rows,
  });
}

export function diffReport(a: string, b: string, among: number, diff: AtlasDiff): Report {
  const block = (what: string, rows: string[][]): Block => ({
    columns: [
      { name: what, shown: true },
      { name: 'part', shown: true },
      { name: 'shared', shown: true, align: 'right', faint: true },
      { name: `only in ${a}`, shown: true, flexible: true },
      { name: `only in ${b}`, shown: true, flexible: true },
    ],
    rows,
  });
  const pairs = (of: readonly [string, string][]): string =>
    of
      .slice(0, 4)
      .map((pair) => pair.join(' → '))
      .join('  ');
  return {
    title: `${a} and ${b}`,
    applied: [`the ${among} best of each list compared`],
    groups: [
      {
        blocks: [
          block(
            'neuron',
            diff.neurons.map((row) => [
              neuronText(row),
              row.part,
              `${row.shared}`,
              row.lost.slice(0, 6).join(' '),
              row.gained.slice(0, 6).join(' '),
            ]),
          ),
        ],
      },
      {
        blocks: [
          block(
            'head',
            diff.heads.map((row) => [
              `${row.layer}:${row.head}`,
              row.matrix,
              `${row.shared}`,
              pairs(row.lost),
              pairs(row.gained),
            ]),
          ),
        ],
      },
    ],
    notes: [],
    json: diff,
    *records() {
      for (const row of diff.neurons) yield { kind: 'neuron', ...row };
      for (const row of diff.heads) yield { kind: 'head', ...row };
    },
  };
}

const EVIDENCE: Column[] = ['p', 'q'].map((name) => ({ name, shown: true, align: 'right', faint: true }));

type Evidence = { p?: number | null; q?: number | null };

const tested = ({ p }: Evidence): boolean => p !== undefined;

const evidence = (row: Evidence, rows: readonly Evidence[]): string[] =>
  rows.some(tested) ? [probability(row.p), probability(row.q)] : [];

const numberOf = (value: number | null): string => value?.toPrecision(4) ?? '';

/** A report that is one table. */
export function single(of: {
  title: string;
  columns: Column[];
  rows: string[][];
  notes?: string[];
  json: unknown;
  records: readonly object[];
}): Report {
  const { title, columns, rows, notes = [], json, records } = of;
  return { title, applied: [], groups: [{ blocks: [{ columns, rows }] }], notes, json, records: () => records };
}
