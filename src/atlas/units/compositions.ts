import type { RunOptions } from '../../engine/engine.ts';
import { compositions } from '../../reading/statistics/composition.ts';
import type { UnitContext, UnitResult } from './context.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { layerRanges } from './ranges.ts';

const KINDS = ['q', 'k', 'v'] as const;

/** Layers [from, to), each with all before it. */
export interface CompositionWork extends UnitWork {
  kind: 'compositions';
}

/** Pairs of heads of which one reads what the other writes. */
export const compositionsOfHeads: UnitKind<CompositionWork> = {
  kind: 'compositions',
  plan: (_, settings) =>
    settings.what.includes('statistics') ? [{ of: { kind: 'compositions' }, ranges: layerRanges(settings) }] : [],
  cost: (facts, _, work, rates) => {
    const { width } = facts;
    const [later, earlier] = [
      facts.heads.filter(({ layer }) => layer >= work.from && layer < work.to),
      facts.heads.filter(({ layer }) => layer < work.to),
    ];
    const stacked = (layers: typeof later) => layers.reduce((sum, { heads, headDim }) => sum + heads * headDim, 0);
    const pairs = later.reduce((sum, { layer }) => sum + earlier.filter((other) => other.layer < layer).length, 0);
    const one = later[0] ? later[0].heads * later[0].headDim : 0;
    const products = 3 * pairs * 2 * one * one * width;
    const sides = (stacked(earlier) + 3 * stacked(later)) * (later[0]?.headDim ?? 0) * width * 6;
    return {
      operations: products + sides,
      bytesRead: stacked(earlier) * width * 8,
      bytesWritten: 3 * pairs * (later[0]?.heads ?? 0) ** 2 * 20,
      memory: stacked(earlier) * width * 4,
      seconds: products / rates.factors + sides / (rates.factors / 5),
    };
  },
  compute: compositionUnit,
};

/** Composition of the heads of layers [from, to) with those of all earlier layers: docs/statistics.md. */
async function compositionUnit(
  unit: CompositionWork,
  { model, settings, engine }: UnitContext,
  run: RunOptions,
): Promise<UnitResult> {
  const chosen = new Set(settings.layers);
  const pairs = (from: number, to: number): boolean =>
    to >= unit.from && to < unit.to && chosen.has(from) && chosen.has(to);
  const rows = {
    from_layer: [] as number[],
    from_head: [] as number[],
    to_layer: [] as number[],
    to_head: [] as number[],
    kind: [] as string[],
    score: [] as number[],
    z: [] as number[],
    p: [] as number[],
  };
  const options = { engine, foldNorm: settings.foldNorm, signal: run.signal, pairs };
  const of = { ...options, progress: (done: number) => run.progress?.(done) };
  for await (const { from, to, heads, score, z, p } of compositions(model, of)) {
    for (let i = 0, at = 0; i < heads[0]; i++) {
      for (let j = 0; j < heads[1]; j++, at++) {
        for (const kind of KINDS) {
          rows.from_layer.push(from);
          rows.from_head.push(i);
          rows.to_layer.push(to);
          rows.to_head.push(j);
          rows.kind.push(kind);
          rows.score.push(score[kind][at]);
          rows.z.push(z[kind][at]);
          rows.p.push(p[kind][at]);
        }
      }
    }
  }
  return { tables: rows.score.length > 0 ? { head_compositions: rows } : {} };
}
