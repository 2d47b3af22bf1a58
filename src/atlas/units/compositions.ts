import type { RunOptions } from '../../engine/engine.ts';
import { compositions } from '../../reading/statistics/composition.ts';
import type { Work } from '../work.ts';
import type { UnitContext, UnitResult } from './context.ts';

const KINDS = ['q', 'k', 'v'] as const;

/** Composition of the heads of layers [from, to) with those of all earlier layers: docs/statistics.md. */
export async function compositionUnit(
  unit: Extract<Work, { kind: 'compositions' }>,
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
