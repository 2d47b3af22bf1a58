import type { Engine, Matrix } from '../../engine/engine.ts';
import { defaultEngine } from '../../engine/select.ts';
import { throwIfAborted } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { stage } from '../applied.ts';
import { hasHeads, headCount, headVectors } from '../factors.ts';
import { Kept } from '../kept.ts';
import { squared } from '../powers.ts';
import { sampleIndices, seeded } from '../random.ts';
import type { ReadOptions } from '../types.ts';
import { DrawnNull } from './drawn.ts';
import { dense, root, rounded, squares, times, timesTransposed, transposed } from './linear.ts';
import { rotatedTrace, type SymmetricTraces, zScore } from './nulls.ts';

/** What the later head reads the earlier head's output with. */
export type CompositionKind = 'q' | 'k' | 'v';
const KINDS: readonly CompositionKind[] = ['q', 'k', 'v'];

/** Composition of all heads of one layer with all of a later one: [heads of `from`, heads of `to`], row-major. */
export interface Composition {
  from: number;
  to: number;
  heads: [from: number, to: number];
  /** |W_from W_to| / (|W_from| |W_to|), Frobenius norms (Elhage et al. 2021, "Three Kinds of Composition"). */
  score: Record<CompositionKind, Float64Array>;
  /** Of the squared ratio, against the earlier head's output turned at random; exact, nothing is drawn. */
  z: Record<CompositionKind, Float64Array>;
  /**
   * Probability of as large a z among pairs of heads of this model of which the second cannot read what the first
   * writes, because it stands beside it or one layer below. All heads share a few large directions of the residual
   * stream, so that such pairs are far from what random matrices do.
   */
  p: Record<CompositionKind, Float64Array>;
  /** The ratio that random matrices have, whatever their singular values: 1 / √d. */
  baseline: number;
}

/** The heads of one layer, ready to be composed: each [heads * r, d], of the norms that its W_VO or W_QK has. */
interface LayerHeads {
  stacked: Matrix;
  heads: number;
  traces: SymmetricTraces[];
}

/**
 * Q-, K- and V-composition of every head with every head of a later layer, one layer pair at a time (by later layer,
 * then earlier). With RᵀR = WᵀW for R_V and R_K, |W_V W_O · W_Q W_Kᵀ| = |(R_V W_O)(W_Q R_Kᵀ)|, so that one product
 * [heads r, d] x [d, heads r] serves all heads of two layers. `pairs` chooses layers; default all. Holds heads * r * d
 * fp32 numbers per layer.
 */
export async function* compositions(
  model: Model,
  options: Pick<ReadOptions, 'engine' | 'foldNorm' | 'signal' | 'progress'> & {
    pairs?: (from: number, to: number) => boolean;
  } = {},
): AsyncGenerator<Composition> {
  const engine = options.engine ?? (await defaultEngine());
  const { pairs = () => true } = options;
  const layers = Array.from({ length: model.dimensions.layers }, (_, layer) => layer).filter((layer) =>
    hasHeads(model, layer),
  );
  const outputs = new Map<number, LayerHeads>();
  const unrelated = await unrelatedPairs(model, layers, engine, options);
  const run = stage(options, 'composition');
  for (const [done, to] of layers.entries()) {
    const earlier = layers.filter((from) => from < to && pairs(from, to));
    const inputs = earlier.length > 0 ? await inputsOf(model, to, options) : undefined;
    for (const from of earlier) {
      throwIfAborted(options.signal);
      const output = outputs.get(from) ?? (await outputOf(model, from, options));
      outputs.set(from, output);
      const found: Partial<Record<CompositionKind, { score: Float64Array; z: Float64Array }>> = {};
      for (const kind of KINDS) {
        const product = await engine.matmul(output.stacked, inputs![kind].stacked, { signal: options.signal });
        found[kind] = ratios(output, inputs![kind], product);
      }
      const { q, k, v } = found as Required<typeof found>;
      yield {
        from,
        to,
        heads: [output.heads, inputs!.q.heads],
        score: { q: q.score, k: k.score, v: v.score },
        z: { q: q.z, k: k.z, v: v.z },
        p: { q: unrelated.q.of(q.z), k: unrelated.k.of(k.z), v: unrelated.v.of(v.z) },
        baseline: 1 / Math.sqrt(output.stacked.columns),
      };
    }
    run.progress?.((done + 1) / layers.length);
  }
}

const kept = new Kept<Record<CompositionKind, { of: (z: Float64Array) => Float64Array }>>();

/** Layers whose heads make the null, at most: with 9 heads each some 4,600 pairs. */
const NULL_LAYERS = 30;

/** z of pairs that cannot compose, per kind: heads of a layer with each other, and with those of the layer below. */
function unrelatedPairs(
  model: Model,
  all: readonly number[],
  engine: Engine,
  options: Reading,
): Promise<Record<CompositionKind, { of: (z: Float64Array) => Float64Array }>> {
  return kept.get(model, `${options.foldNorm ?? false}`, options.signal, async () => {
    const layers = sampleIndices(NULL_LAYERS, all.length, seeded(1)).map((i) => all[i]);
    const found: Record<CompositionKind, number[]> = { q: [], k: [], v: [] };
    for (const to of layers) {
      const inputs = await inputsOf(model, to, options);
      for (const from of [to, all[all.indexOf(to) + 1]]) {
        throwIfAborted(options.signal);
        if (from === undefined) continue;
        const output = await outputOf(model, from, options);
        for (const kind of KINDS) {
          const product = await engine.matmul(output.stacked, inputs[kind].stacked, { signal: options.signal });
          const { z } = ratios(output, inputs[kind], product);
          const m = inputs[kind].heads;
          // A head's own reading and writing were trained together.
          z.forEach((value, at) => {
            if (from !== to || Math.floor(at / m) !== at % m) found[kind].push(value);
          });
        }
      }
    }
    const nullFor = (z: readonly number[]) => {
      const drawn = new DrawnNull(z);
      return { of: (values: Float64Array) => values.map((value) => drawn.p(value, 'upper')) };
    };
    return { q: nullFor(found.q), k: nullFor(found.k), v: nullFor(found.v) };
  });
}

function ratios(from: LayerHeads, to: LayerHeads, product: Matrix): { score: Float64Array; z: Float64Array } {
  const [n, m, d] = [from.heads, to.heads, from.stacked.columns];
  const [r1, r2] = [product.rows / n, product.columns / m];
  const square = new Float64Array(n * m);
  for (let i = 0, at = 0; i < product.rows; i++) {
    const row = Math.floor(i / r1) * m;
    for (let j = 0; j < product.columns; j++, at++) square[row + Math.floor(j / r2)] += squared(product.data[at]);
  }
  const score = new Float64Array(n * m);
  const z = new Float64Array(n * m);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < m; j++, at++) {
      const [p, q] = [from.traces[i], to.traces[j]];
      score[at] = p.trace * q.trace === 0 ? 0 : Math.sqrt(square[at] / (p.trace * q.trace));
      z[at] = p.trace * q.trace === 0 ? 0 : zScore(square[at], rotatedTrace(p, q, d));
    }
  }
  return { score, z };
}

type Reading = Pick<ReadOptions, 'foldNorm' | 'signal'>;

/** R_V W_O per head. */
const outputOf = (model: Model, layer: number, options: Reading): Promise<LayerHeads> =>
  sideOf(model, layer, 'v', 'o', options);

/** Q: R_K W_Qᵀ. K: R_Q W_Kᵀ. V: R_O W_Vᵀ. */
async function inputsOf(model: Model, layer: number, options: Reading): Promise<Record<CompositionKind, LayerHeads>> {
  return {
    q: await sideOf(model, layer, 'k', 'q', options),
    k: await sideOf(model, layer, 'q', 'k', options),
    v: await sideOf(model, layer, 'o', 'v', options),
  };
}

/**
 * R_far · W_near [r, d] per head, where RᵀR is W_far's Gram matrix [r, r]: has the singular values of W_nearᵀ W_far.
 */
async function sideOf(
  model: Model,
  layer: number,
  far: 'q' | 'k' | 'v' | 'o',
  near: 'q' | 'k' | 'v' | 'o',
  options: Reading,
): Promise<LayerHeads> {
  const heads = headCount(model, layer);
  const parts: Float32Array[] = [];
  const traces: SymmetricTraces[] = [];
  let columns = 0;
  for (let head = 0; head < heads; head++) {
    const other = dense(await headVectors(model, layer, head, far, options));
    const r = transposed(root(timesTransposed(other, other)));
    const w = dense(await headVectors(model, layer, head, near, options));
    const side = rounded(times(r, w));
    const exact = dense(side);
    parts.push(side.data);
    traces.push({ trace: squares(exact), square: squares(timesTransposed(exact, exact)) });
    columns = side.columns;
  }
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  for (let i = 0, at = 0; i < parts.length; at += parts[i++].length) data.set(parts[i], at);
  return { stacked: { data, rows: data.length / columns, columns, name: `heads of layer ${layer}` }, heads, traces };
}
