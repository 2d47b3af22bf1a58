import type { RunOptions } from '../../engine/engine.ts';
import { embedding, embeddingOf } from '../../reading/embedding.ts';
import type { VectorKind } from '../../reading/parameters.ts';
import type { Arrays } from '../arrays.ts';
import { share, total } from '../cost.ts';
import type { ModelFacts } from '../facts.ts';
import type { AtlasSettings } from '../schema.ts';
import { readRange, type UnitContext, type UnitResult } from './context.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { rangesOf } from './ranges.ts';

/** Vectors [from, to) of a kind. */
export interface NormaliserWork extends UnitWork {
  kind: 'normaliser';
  name: VectorKind;
}

/** Sums that normalisers are made of. */
export const normalisers: UnitKind<NormaliserWork> = {
  kind: 'normaliser',
  plan: (facts, settings) =>
    // Means are taken over all layers, whatever layers the atlas lists.
    normaliserKinds(facts, settings).map((name) => ({
      of: { kind: 'normaliser', name },
      ranges: rangesOf(facts.vectors[name] ?? []),
    })),
  cost: (facts, _, work, rates) => {
    const { vocab, width } = facts;
    const count = work.to - work.from;
    const e = vocab * width * 4;
    const products = 2 * count * vocab * width;
    const parameters = facts.vectors[work.name] ?? [];
    return {
      operations: products,
      bytesRead: facts.embeddingBytes + share(parameters, count),
      bytesWritten: vocab * 8 * Math.ceil((count * parameters.length) / total(parameters)),
      memory: e + count * width * 4 + vocab * 16,
      seconds: products / rates.means,
    };
  },
  title: ({ name }) => `normaliser ${name}`,
  compute: normaliserUnit,
};

/**
 * Sums of relu(E_i x), or of |E_i x|, over vectors [from, to), one array per parameter: added up in order they give to
 * the bit what `normaliser` gives, as long as a unit does not begin or end within a parameter.
 */
async function normaliserUnit(unit: NormaliserWork, context: UnitContext, run: RunOptions): Promise<UnitResult> {
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

/** Kinds of normalisers the readings of this atlas divide by. */
export function normaliserKinds(facts: ModelFacts, { normalize, what }: AtlasSettings): VectorKind[] {
  if (normalize !== 'freq') return [];
  return (Object.keys(facts.vectors) as VectorKind[]).filter((kind) =>
    what.includes(kind.startsWith('ff') ? 'neurons' : 'heads'),
  );
}
