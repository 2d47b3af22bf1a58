import type { RunOptions } from '../../engine/engine.ts';
import { embedding, embeddingOf } from '../../reading/embedding.ts';
import type { VectorKind } from '../../reading/parameters.ts';
import type { Arrays } from '../arrays.ts';
import type { Work } from '../work.ts';
import { readRange, type UnitContext, type UnitResult } from './context.ts';

type NormaliserWork = Extract<Work, { kind: 'normaliser' }>;

/**
 * Sums of relu(E_i x), or of |E_i x|, over vectors [from, to), one array per parameter: added up in order they give to
 * the bit what `normaliser` gives, as long as a unit does not begin or end within a parameter.
 */
export async function normaliserUnit(unit: NormaliserWork, context: UnitContext, run: RunOptions): Promise<UnitResult> {
  const { model, facts, settings, engine } = context;
  const e = await embedding(model, embeddingOf(unit.name, settings.embedding), run.signal);
  const of = unit.name.startsWith('ff') ? 'relu' : 'abs';
  const arrays: Arrays = {};
  let seen = 0;
  for (const { count } of facts.vectors[unit.name] ?? []) {
    const [from, to] = [Math.max(unit.from, seen), Math.min(unit.to, seen + count)];
    seen += count;
    if (from >= to) continue;
    const x = await readRange(context, unit.name, from, to, run);
    const means = await engine.columnMeans(x, e, { signal: run.signal });
    arrays[`${from}`] = means[of].map((mean) => mean * x.rows);
    run.progress?.((to - unit.from) / (unit.to - unit.from));
  }
  return { tables: {}, arrays };
}

/** The normaliser from the sums of all its units: their mean plus 1e-9, rounded to fp32. */
export function sumNormaliser(sums: readonly Arrays[], vocab: number, count: number): Float64Array {
  const parts = sums
    .flatMap((arrays) => Object.entries(arrays))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, array]) => array);
  const sum = new Float64Array(vocab);
  for (const part of parts) for (let i = 0; i < vocab; i++) sum[i] += part[i];
  return sum.map((s) => Math.fround(s / count + 1e-9));
}

/** Vectors a kind's mean is taken over. */
export const vectorCount = (facts: UnitContext['facts'], name: VectorKind): number =>
  (facts.vectors[name] ?? []).reduce((sum, { count }) => sum + count, 0);
