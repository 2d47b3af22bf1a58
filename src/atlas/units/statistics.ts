import type { RunOptions } from '../../engine/engine.ts';
import { HEAD_MATRICES } from '../../reading/parts.ts';
import { flattened } from '../../reading/statistics/columns.ts';
import { type DirectionReading, readAllDirections } from '../../reading/statistics/directions.ts';
import { measuredHeads, measuresOf, NEURON_MEASURES } from '../../reading/statistics/measures.ts';
import type { HeadSpectrum } from '../../reading/statistics/spectrum.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { Arrays } from '../arrays.ts';
import type { UnitContext, UnitResult } from './context.ts';
import { HeadColumns } from './head-columns.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { layerRanges } from './ranges.ts';
import { columnsOf, type Rows } from './rows.ts';

/** Singular directions and spans of a head's matrix that are read as tokens, and tokens at each of their ends. */
const DIRECTIONS = 5;
const DIRECTION_TOKENS = 20;

/** Layers [from, to). */
export interface StatisticsWork extends UnitWork {
  kind: 'statistics';
}

/** Statistics that need no factors of heads. */
export const statistics: UnitKind<StatisticsWork> = {
  kind: 'statistics',
  plan: (_, settings) =>
    settings.what.includes('statistics') ? [{ of: { kind: 'statistics' }, ranges: layerRanges(settings) }] : [],
  cost: (facts, _, work, rates) => {
    const { vocab, width } = facts;
    const e = vocab * width * 4;
    const chosen = ({ layer }: { layer: number }) => layer >= work.from && layer < work.to;
    const neurons = facts.neurons.filter(chosen).reduce((sum, g) => sum + g.count, 0);
    // Of the neurons, and of as many random directions as their nulls are drawn from (once, but in every process).
    const moments = 2 * (neurons + 4096) * vocab * width;
    // Per head and matrix 33 sets of eigenvalues, two products with EᵀE, two QR and one SVD, in plain fp64 loops, and
    // the tokens of ten directions.
    let [small, listed, rows] = [0, 0, 0];
    for (const { heads, headDim } of facts.heads.filter(chosen)) {
      small += 2 * heads * (450 * headDim ** 3 + 6 * width * width * headDim);
      listed += 2 * heads * 10 * 2 * vocab * width;
      rows += 2 * heads * (headDim + 400);
    }
    return {
      operations: moments + small + listed,
      bytesRead: facts.embeddingBytes,
      bytesWritten: neurons * 100 + rows * 15,
      memory: e + neurons * width * 12 + 4096 * 2048 * 4,
      seconds: listed / rates.rows + moments / rates.factors + small / (rates.factors / 5),
    };
  },
  title: ({ from }) => `statistics, layer ${from}`,
  compute: statisticsUnit,
};

/**
 * Statistics of the neurons and heads of layers [from, to) that need no factors: docs/statistics.md. Normalised by
 * nothing, as published.
 */
async function statisticsUnit(
  unit: StatisticsWork,
  { model, facts, settings, engine }: UnitContext,
  run: RunOptions,
): Promise<UnitResult> {
  const options = { engine, foldNorm: settings.foldNorm, embedding: settings.embedding, signal: run.signal };
  const within = ({ layer }: { layer: number }) =>
    layer >= unit.from && layer < unit.to && settings.layers.includes(layer);
  const neurons: Arrays = {};
  for (const { layer, expert } of facts.neurons.filter(within)) {
    const which = model.dimensions.experts > 0 ? { expert } : {};
    for (const [name, { value }] of Object.entries(
      await NEURON_MEASURES.vectors(model, layer, { ...options, ...which }),
    ))
      for (const [column, numbers] of Object.entries(value ? flattened('neurons', name, value) : {}))
        if (numbers) neurons[`${layer} ${expert} ${column}`] = numbers;
  }
  const heads = new HeadColumns();
  const spectra: HeadSpectrum[] = [];
  const layers = facts.heads.filter(within);
  for (const [done, { layer }] of layers.entries()) {
    const own: HeadSpectrum[] = [];
    for (const matrix of HEAD_MATRICES) {
      for (const measure of measuresOf('weights')) {
        for (const { head, values, found } of await measuredHeads(model, layer, matrix, measure, options)) {
          heads.add({ layer, head, matrix }, values);
          if (measure === 'spectrum') own.push(found as HeadSpectrum);
        }
      }
    }
    // By head, as the tables are sorted; the sort is stable, so that matrices keep their order.
    spectra.push(...own.sort((a, b) => a.head - b.head));
    run.progress?.((0.9 * (done + 1)) / layers.length);
  }
  const read = await readAllDirections(model, spectra, { ...options, count: DIRECTIONS, k: DIRECTION_TOKENS });
  const [values, tokens]: [Rows, Rows] = [[], []];
  for (const [i, { layer, head, matrix, ...spectrum }] of spectra.entries()) {
    for (const { start, end } of spectrum.spans) {
      for (let index = start; index < end; index++)
        values.push({ layer, head, matrix, index, value: spectrum.values[index], span_start: start, span_end: end });
    }
    addDirections(tokens, { layer, head, matrix }, read[i]);
  }
  return {
    tables: {
      ...(values.length > 0 && { head_singular_values: columnsOf(values) }),
      ...(tokens.length > 0 && { head_direction_tokens: columnsOf(tokens) }),
    },
    arrays: { ...neurons, ...heads.arrays },
  };
}

function addDirections(
  rows: Rows,
  place: { layer: number; head: number; matrix: HeadMatrix },
  directions: readonly DirectionReading[],
): void {
  for (const { start, end, left, right } of directions) {
    for (const [side, { top, bottom }] of [
      ['left', left],
      ['right', right],
    ] as const) {
      for (const [sign, list] of [
        ['+', top],
        ['-', bottom],
      ] as const) {
        for (const [i, { id, score, z }] of list.entries())
          rows.push({ ...place, span_start: start, span_end: end, side, sign, rank: i + 1, token: id, score, z });
      }
    }
  }
}
