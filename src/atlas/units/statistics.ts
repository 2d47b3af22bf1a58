import type { RunOptions } from '../../engine/engine.ts';
import { headCopying } from '../../reading/statistics/copying.ts';
import { type DirectionReading, readAllDirections } from '../../reading/statistics/directions.ts';
import { neuronStatistics } from '../../reading/statistics/neurons.ts';
import { type HeadSpectrum, headSpectrum } from '../../reading/statistics/spectrum.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { Arrays } from '../arrays.ts';
import type { Work } from '../work.ts';
import type { UnitContext, UnitResult } from './context.ts';
import { HeadColumns } from './head-columns.ts';
import { MATRICES } from './heads.ts';
import { columnsOf, type Rows } from './rows.ts';

/** Singular directions and spans of a head's matrix that are read as tokens, and tokens at each of their ends. */
const DIRECTIONS = 5;
const DIRECTION_TOKENS = 20;

/**
 * Statistics of the neurons and heads of layers [from, to) that need no factors: docs/statistics.md. Normalised by nothing,
 * as published.
 */
export async function statisticsUnit(
  unit: Extract<Work, { kind: 'statistics' }>,
  { model, facts, settings, engine }: UnitContext,
  run: RunOptions,
): Promise<UnitResult> {
  const options = { engine, foldNorm: settings.foldNorm, embedding: settings.embedding, signal: run.signal };
  const within = ({ layer }: { layer: number }) =>
    layer >= unit.from && layer < unit.to && settings.layers.includes(layer);
  const neurons: Arrays = {};
  for (const { layer, expert } of facts.neurons.filter(within)) {
    const which = model.dimensions.experts > 0 ? { expert } : {};
    const found = await neuronStatistics(model, layer, { ...options, ...which });
    const { moments, z, p } = found.parts.value!;
    const columns = {
      key_value_cosine: found.keyValue.value,
      key_value_cosine_z: found.keyValue.z,
      key_value_cosine_p: found.keyValue.p,
      ...(found.upValue && {
        up_value_cosine: found.upValue.value,
        up_value_cosine_z: found.upValue.z,
        up_value_cosine_p: found.upValue.p,
      }),
      skew: moments!.skew,
      skew_z: z!.skew,
      skew_p: p!.skew,
      kurtosis: moments!.kurtosis,
      kurtosis_z: z!.kurtosis,
      kurtosis_p: p!.kurtosis,
    };
    for (const [name, column] of Object.entries(columns)) neurons[`${layer} ${expert} ${name}`] = column;
  }
  const heads = new HeadColumns();
  const spectra: HeadSpectrum[] = [];
  const layers = facts.heads.filter(within);
  for (const [done, { layer, heads: count }] of layers.entries()) {
    for (const matrix of MATRICES) {
      for (const { head, score, diagonal } of await headCopying(model, layer, matrix, options)) {
        heads.addTested({ layer, head, matrix }, { copying: score, diagonal });
      }
    }
    for (let head = 0; head < count; head++) {
      for (const matrix of MATRICES) {
        const spectrum = await headSpectrum(model, layer, head, matrix, options);
        const { effectiveRank, fit } = spectrum;
        heads.add(
          { layer, head, matrix },
          {
            ...{ effective_rank: effectiveRank, fit: fit.value, fit_z: fit.random?.z },
            ...{ fit_others_z: fit.others?.z, fit_p: fit.others?.p },
          },
        );
        spectra.push(spectrum);
      }
    }
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
