import type { RunOptions } from '../../engine/engine.ts';
import { RELATIONS } from '../../reading/relations/relations.ts';
import { headCopying } from '../../reading/statistics/copying.ts';
import { neuronStatistics } from '../../reading/statistics/neurons.ts';
import type { Tested } from '../../reading/statistics/nulls.ts';
import { relationScores } from '../../reading/statistics/relations.ts';
import { headSelf } from '../../reading/statistics/self.ts';
import { headSpectrum } from '../../reading/statistics/spectrum.ts';
import type { Arrays } from '../arrays.ts';
import type { Values } from '../parquet.ts';
import type { Work } from '../plan.ts';
import type { UnitContext, UnitResult } from './context.ts';
import { MATRICES } from './heads.ts';

/** Tokens that a neuron's moments are estimated from: skew and kurtosis to about 4 %. */
const SAMPLE = 4096;

/** Rows of tables as they are made, turned into columns at the end. */
type Rows = Record<string, string | number | null>[];

/** Statistics of the neurons and heads of layers [from, to): docs/statistics.md. Normalised by nothing, as published. */
export async function statisticsUnit(
  unit: Extract<Work, { kind: 'statistics' }>,
  { model, facts, settings, engine }: UnitContext,
  run: RunOptions,
): Promise<UnitResult> {
  const options = { engine, foldNorm: settings.foldNorm, embedding: settings.embedding, signal: run.signal };
  const arrays: Arrays = {};
  const [heads, spectra, relations]: [Rows, Rows, Rows] = [[], [], []];
  const groups = facts.neurons.filter(({ layer }) => layer >= unit.from && layer < unit.to);
  for (const { layer, expert } of groups) {
    const which = model.dimensions.experts > 0 ? { expert } : {};
    const found = await neuronStatistics(model, layer, { ...options, ...which, sample: SAMPLE });
    const { moments, z } = found.parts.value!;
    const columns = {
      key_value_cosine: found.keyValue.value,
      key_value_cosine_z: found.keyValue.z,
      ...(found.upValue && { up_value_cosine: found.upValue.value, up_value_cosine_z: found.upValue.z }),
      skew: moments!.skew,
      skew_z: z!.skew,
      kurtosis: moments!.kurtosis,
      kurtosis_z: z!.kurtosis,
    };
    for (const [name, column] of Object.entries(columns)) arrays[`${layer} ${expert} ${name}`] = column;
  }
  run.progress?.(0.3);
  for (const { layer, heads: count } of facts.heads.filter(({ layer }) => layer >= unit.from && layer < unit.to)) {
    for (const matrix of MATRICES) {
      const copying = await headCopying(model, layer, matrix, options);
      const self = await headSelf(model, layer, matrix, { ...options, sample: 1024 });
      for (let head = 0; head < count; head++) {
        const place = { layer, head, matrix };
        const spectrum = await headSpectrum(model, layer, head, matrix, options);
        heads.push({
          ...place,
          ...tested('copying', copying[head].score),
          ...tested('diagonal', copying[head].diagonal),
          ...tested('self_top1', self[head].top1),
          ...tested('self_top5', self[head].top5),
          ...tested('self_bottom1', self[head].bottom1),
          ...tested('self_bottom5', self[head].bottom5),
          effective_rank: spectrum.effectiveRank,
          fit: spectrum.fit.value,
          fit_z: spectrum.fit.random?.z ?? null,
        });
        for (const { start, end } of spectrum.spans) {
          for (let index = start; index < end; index++)
            spectra.push({ ...place, index, value: spectrum.values[index], span_start: start, span_end: end });
        }
      }
    }
    // Relations are between words: without a tokenizer there are none.
    for (const found of model.vocabulary ? await relationScores(model, layer, RELATIONS, options) : []) {
      const { head, matrix, relation, pairs, promoted, suppressed } = found;
      const scores = { ...tested('promoted', promoted), ...tested('suppressed', suppressed) };
      relations.push({ layer, head, matrix, relation, pairs, ...scores });
    }
  }
  return {
    tables: {
      ...(heads.length > 0 && { head_stats: columnsOf(heads), head_singular_values: columnsOf(spectra) }),
      ...(relations.length > 0 && { head_relations: columnsOf(relations) }),
    },
    arrays,
  };
}

/** A statistic and how far it is from each of its nulls. */
const tested = (name: string, { value, random, shuffled }: Tested): Record<string, number | null> => ({
  [name]: value,
  [`${name}_z`]: random?.z ?? null,
  [`${name}_shuffled_z`]: shuffled?.z ?? null,
});

const columnsOf = (rows: Rows): Record<string, Values> =>
  Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
