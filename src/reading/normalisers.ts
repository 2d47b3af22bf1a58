import type { Engine, Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { writeSafetensors } from '../formats/safetensors/write.ts';
import type { Model } from '../model/types.ts';
import { memorySource } from '../source/memory.ts';
import { embedding } from './embedding.ts';
import { Kept } from './kept.ts';
import { parameter, parametersOf, readsTheStream, readVectors, VECTOR_KINDS, type VectorKind } from './parameters.ts';
import { sampleIndices, seeded } from './random.ts';
import type { ReadOptions } from './types.ts';

export type NormaliserOptions = Pick<
  ReadOptions,
  'engine' | 'embedding' | 'foldNorm' | 'approximate' | 'signal' | 'progress'
>;

/** Part of the cache's file names: raise it when the definition or the rounding changes. */
const VERSION = 1;
/** Vectors an approximate normaliser is estimated from: about 3 % error per token. */
const SAMPLE = 2048;
const SEED = 1;

const kept = new Kept<Float64Array>();
const estimates = new WeakSet<Float64Array>();

/** The kinds this model has a normaliser for: `ff.up` in gated MLPs only. */
export function normaliserNames(model: Model): VectorKind[] {
  return VECTOR_KINDS.filter((kind) => layersOf(model).some((layer) => parametersOf(model, layer, kind).length > 0));
}

/**
 * `freq` normalisers, [V] each: the mean over all layers' vectors x of relu(E_i x) (feed-forward) or |E_i x|
 * (attention, key-value heads counted once), plus 1e-9, as the notebook of Dar et al. (ACL 2023) defines them.
 * Numbers are fp32 values, so that a file of them gives the same readings to the bit. Only what is named is computed,
 * one layer in memory at a time; results are kept with the model and in `model.cache`.
 */
export async function normalisers(
  model: Model,
  names: readonly VectorKind[] = normaliserNames(model),
  options: NormaliserOptions = {},
): Promise<Map<VectorKind, Float64Array>> {
  const found = new Map<VectorKind, Float64Array>();
  for (const name of new Set(names)) found.set(name, await normaliser(model, name, options));
  return found;
}

/**
 * One normaliser, fp32 values in fp64 [V]; see {@link normalisers}. With `approximate` an exact one is still taken where
 * there is one, else it is estimated from a seeded sample of vectors. `PARAMETER_UNKNOWN` where there are no such vectors.
 */
export async function normaliser(
  model: Model,
  kind: VectorKind,
  options: NormaliserOptions = {},
): Promise<Float64Array> {
  const exact = options.approximate && (await knownNormaliser(model, kind, { ...options, approximate: false }));
  if (exact) return exact;
  const key = keyOf(kind, options);
  return kept.get(model, key, options.signal, async () => {
    const cached = await fromCache(model, key, kind, options);
    const f = cached ?? (await compute(model, kind, options));
    if (options.approximate) estimates.add(f);
    if (!cached) await toCache(model, fileOf(model, key), kind, f);
    return f;
  });
}

/** One normaliser where it is kept with the model or in its cache; never computes. */
export async function knownNormaliser(
  model: Model,
  kind: VectorKind,
  options: NormaliserOptions = {},
): Promise<Float64Array | undefined> {
  const key = keyOf(kind, options);
  return (await kept.peek(model, key)) ?? (await fromCache(model, key, kind, options));
}

/** Keeps a normaliser that was computed elsewhere (an atlas ships its own), so that readings divide by the same. */
export async function keepNormaliser(
  model: Model,
  kind: VectorKind,
  f: Float64Array,
  options: NormaliserOptions = {},
): Promise<void> {
  const key = keyOf(kind, options);
  if ((await kept.get(model, key, options.signal, async () => f)) === f)
    await toCache(model, fileOf(model, key), kind, f);
}

/** Whether this normaliser was estimated from a sample, which a reading must say. */
export const isEstimate = (f: Float64Array): boolean => estimates.has(f);

const fileOf = (model: Model, key: string): string => `freq-${VERSION}-${model.fingerprint}-${key}.safetensors`;

/** What changes the numbers. Folding a norm changes only vectors that read the residual stream. */
function keyOf(kind: VectorKind, options: NormaliserOptions): string {
  const folded = options.foldNorm && readsTheStream(kind) ? '-folded' : '';
  return `${kind}-${options.embedding ?? 'unembed'}${folded}${options.approximate ? `-sample${SAMPLE}` : ''}`;
}

function layersOf(model: Model): number[] {
  return Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
}

async function compute(model: Model, kind: VectorKind, options: NormaliserOptions): Promise<Float64Array> {
  const { signal } = options;
  const sources = layersOf(model).flatMap((layer) =>
    parametersOf(model, layer, kind).map((source) => ({ layer, kind, source })),
  );
  const total = sources.reduce((sum, { source }) => sum + source.count, 0);
  if (total === 0)
    throw new WeightscopeError('PARAMETER_UNKNOWN', `Expected ${model.name} to have \`${kind}\` vectors, found none.`);
  const e = await embedding(model, options.embedding, signal);
  const engine: Engine = options.engine ?? (await defaultEngine());
  const chosen = options.approximate ? sampleIndices(SAMPLE, total, seeded(SEED)) : undefined;
  const of = kind.startsWith('ff') ? 'relu' : 'abs';
  const sum = new Float64Array(e.rows);
  let [seen, used] = [0, 0];
  for (const vectors of sources) {
    const { count } = vectors.source;
    const wanted = chosen?.filter((i) => i >= seen && i < seen + count).map((i) => i - seen);
    if (wanted?.length !== 0) {
      const x = pick(await readVectors(model, vectors, { foldNorm: options.foldNorm, signal }), wanted);
      const done = seen;
      const means = await engine.columnMeans(x, e, {
        signal,
        progress: (part) => options.progress?.((done + part * count) / total, `normaliser ${kind}`),
      });
      for (let i = 0; i < sum.length; i++) sum[i] += means[of][i] * x.rows;
      used += x.rows;
    }
    seen += count;
  }
  return sum.map((s) => Math.fround(s / used + 1e-9));
}

function pick(matrix: Matrix, rows: readonly number[] | undefined): Matrix {
  if (!rows) return matrix;
  const d = matrix.columns;
  const data = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) data.set(matrix.data.subarray(row * d, (row + 1) * d), i * d);
  return { ...matrix, data, rows: rows.length };
}

/** The normalisers as a safetensors file (fp32), under their own names. */
export async function writeNormalisers(of: ReadonlyMap<string, Float64Array>): Promise<Uint8Array> {
  const tensors = [...of].map(([name, f]) => ({ name, shape: [f.length], data: Float32Array.from(f) }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(tensors)) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Reads what {@link writeNormalisers} wrote. Throws `FORMAT_INVALID` and the like for anything else. */
export async function parseNormalisers(bytes: Uint8Array, name = 'normalisers'): Promise<Map<string, Float64Array>> {
  const { tensors } = await readSafetensors(memorySource(bytes, name));
  const found = new Map<string, Float64Array>();
  for (const info of tensors.values()) found.set(info.name, Float64Array.from(await readTensor(info)));
  return found;
}

async function fromCache(
  model: Model,
  key: string,
  kind: VectorKind,
  options: NormaliserOptions,
): Promise<Float64Array | undefined> {
  const file = fileOf(model, key);
  const bytes = await model.cache?.get(file);
  if (!bytes) return undefined;
  try {
    const found = (await parseNormalisers(bytes, file)).get(kind);
    const rows = parameter(model, options.embedding ?? 'unembed').count;
    return found?.length === rows && found.every((f) => f > 0) ? found : undefined;
  } catch {
    return undefined; // A damaged file in the cache is made again.
  }
}

async function toCache(model: Model, file: string, kind: VectorKind, f: Float64Array): Promise<void> {
  await model.cache?.put(file, await writeNormalisers(new Map([[kind, f]]))).catch(() => undefined);
}
