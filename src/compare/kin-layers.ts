import type { Engine, Matrix, RunOptions } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { parametersOf, type VectorKind } from '../reading/parameters.ts';
import { bestAssignment } from './assignment.ts';
import { layerVectors, operandA, operandB, stacked } from './operands.ts';
import { spearman } from './rank-correlation.ts';
import type { Moments } from './space.ts';

/** Neurons of each layer of A that are matched with those of every layer of B. */
const SAMPLE = 64;

/** The test of two vectors of a neuron (`match`), of every layer of A with every layer of B. */
export interface KinLayers {
  /** Neurons of a layer of A that were matched, at most. */
  sample: number;
  layersA: number[];
  layersB: number[];
  /** Spearman's rank correlation for each layer of A (rows) and of B, and its p; NaN where nothing varies. */
  rho: number[][];
  p: number[][];
  /**
   * Of each layer of A the layer of B with the smallest p, which is given times the number of B's layers, as it was the
   * smallest of so many (Bonferroni).
   */
  best: { a: number; b: number; rho: number; p: number }[];
  /** The smallest of all, times the number of pairs; NaN where there is none. */
  least: number;
}

/**
 * Which layer of one model is kin to which of another: where layers were taken out or put in, those of one number are
 * not the same. Zhu et al. 2025 (arXiv 2502.12292) find so, by localised testing, which layers a pruned model has from
 * which. Every layer's keys and other vectors of A are matched with those of every layer of B, as `kinship` does it.
 */
export async function kinLayers(
  engine: Engine,
  { a, b }: { a: Model; b: Model },
  moments: Moments,
  { other, seed }: { other: 'up' | 'value'; seed: number },
  { signal, progress }: RunOptions = {},
): Promise<KinLayers> {
  const [layersA, layersB] = [a, b].map(layersWithNeurons);
  const kinds = ['ff.key', `ff.${other}`] as const satisfies VectorKind[];
  const sides: { all: Matrix; starts: number[] }[] = [];
  for (const kind of kinds) {
    const parts: Matrix[] = [];
    for (const layer of layersA) {
      const { vectors } = (await layerVectors(a, layer, { kind, sample: SAMPLE, seed }, signal))!;
      parts.push((await operandA(engine, vectors, moments, signal)).rows);
    }
    sides.push({ all: stacked(parts), starts: parts.map((_, i) => parts.slice(0, i).reduce((n, p) => n + p.rows, 0)) });
  }
  const rho = layersA.map(() => layersB.map(() => Number.NaN));
  const p = layersA.map(() => layersB.map(() => Number.NaN));
  for (const [j, layerB] of layersB.entries()) {
    const tables: Matrix[] = [];
    for (const [of, kind] of kinds.entries()) {
      throwIfAborted(signal);
      const { vectors } = (await layerVectors(b, layerB, { kind }, signal))!;
      const right = await operandB(engine, vectors, moments, signal);
      tables.push(await engine.matmul(sides[of].all, right.rows, { signal }));
    }
    for (const i of layersA.keys()) {
      throwIfAborted(signal);
      const partners = tables.map(({ data, columns }, of) => {
        const { starts, all } = sides[of];
        const [from, to] = [starts[i], starts[i + 1] ?? all.rows];
        // Ties are broken apart for every matching, as in `kinship`.
        const ties = 2 * (seed + (i * layersB.length + j) * 1013) + of;
        return bestAssignment(data.subarray(from * columns, to * columns), to - from, columns, ties);
      });
      const kept = [...partners[0].keys()].filter((at) => partners.every((found) => found[at] >= 0));
      if (kept.length < 3) continue;
      const [key, second] = partners.map((found) => kept.map((at) => found[at]));
      const found = spearman(key, second);
      rho[i][j] = found.rho;
      p[i][j] = found.p;
    }
    progress?.((j + 1) / layersB.length);
  }
  const best = layersA.flatMap((layer, i) => {
    const smallest = Math.min(...p[i].filter((x) => !Number.isNaN(x)));
    const j = p[i].indexOf(smallest);
    if (j < 0) return [];
    return [{ a: layer, b: layersB[j], rho: rho[i][j], p: Math.min(1, smallest * layersB.length) }];
  });
  const all = p.flat().filter((x) => !Number.isNaN(x));
  const least = all.length === 0 ? Number.NaN : Math.min(1, Math.min(...all) * all.length);
  return { sample: SAMPLE, layersA, layersB, rho, p, best, least };
}

const layersWithNeurons = (model: Model): number[] =>
  Array.from({ length: model.dimensions.layers }, (_, layer) => layer).filter(
    (layer) => parametersOf(model, layer, 'ff.key').length > 0,
  );
