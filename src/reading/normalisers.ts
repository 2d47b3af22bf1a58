import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { writeSafetensors } from '../formats/safetensors/write.ts';
import type { Model } from '../model/types.ts';
import { memorySource } from '../source/memory.ts';
import { embedding, embeddingOf, heldAs } from './embedding.ts';
import { unusableRows, withoutRows } from './finite.ts';
import { Kept } from './kept.ts';
import { parameter, parametersOf, readsTheStream, readVectors, VECTOR_KINDS, type VectorKind } from './parameters.ts';
import { previewNormaliser, previewOf } from './preview.ts';
import type { ReadOptions } from './types.ts';

export type NormaliserOptions = Pick<
  ReadOptions,
  'engine' | 'embedding' | 'foldNorm' | 'approximate' | 'preview' | 'signal' | 'progress'
>;

/**
 * Part of the cache's file names: raised when the definition or the rounding changes. 2: shared experts count, and the
 * factor of YaRN stands only where queries and keys turn.
 */
const VERSION = 2;
/** The tensor beside an approximate normaliser in its file: the error that was measured. */
const ERROR = 'error';

/** The tensor of the vectors that are left out: pairs of the parameter's number, among its kind's, and the vector's. */
const LEFT_OUT = 'leftOut';

/** A vector with a NaN or an infinity, by its parameter's name and its number there. */
export interface LeftOutVector {
  name: string;
  index: number;
}

const kept = new Kept<Float64Array>();
const errors = new WeakMap<Float64Array, number>();
const leftOut = new WeakMap<Float64Array, readonly LeftOutVector[]>();

/** The kinds this model has a normaliser for: `ff.up` in gated MLPs only. */
export function normaliserNames(model: Model): VectorKind[] {
  return VECTOR_KINDS.filter((kind) => layersOf(model).some((layer) => parametersOf(model, layer, kind).length > 0));
}

/**
 * `freq` normalisers, [V] each: the mean over all layers' vectors x of relu(E_i x) (feed-forward) or |E_i x|
 * (attention, key-value heads counted once), plus 1e-9, as the notebook of Dar et al. (ACL 2023) defines them. Vectors
 * that are not finite are left out of the mean: {@link leftOutOf}.
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
 * One normaliser, fp32 values in fp64 [V]; see {@link normalisers}. With `approximate` an exact one is still taken
 * where there is one, and made where the engine has no faster way; else its error was measured: {@link errorOf}.
 * `PARAMETER_UNKNOWN` where there are no such vectors.
 */
export async function normaliser(
  model: Model,
  kind: VectorKind,
  options: NormaliserOptions = {},
): Promise<Float64Array> {
  if (model.normalisedAs) return normaliser(model.normalisedAs, kind, options);
  if (options.preview) return atOnce(model, kind, { ...options, preview: false });
  const exact = options.approximate && (await knownNormaliser(model, kind, { ...options, approximate: false }));
  if (exact) return exact;
  const key = await keyOf(model, kind, options);
  return kept.get(model, key, options.signal, async () => {
    const cached = await fromCache(model, key, kind, options);
    if (cached) return cached;
    const { f, error, without } = await compute(model, kind, options);
    if (without.length > 0) leftOut.set(f, without);
    if (error !== undefined) errors.set(f, error);
    else if (options.approximate) await keepNormaliser(model, kind, f, { ...options, approximate: false });
    if (error !== undefined || !options.approximate) await toCache(model, fileOf(model, key), kind, f);
    return f;
  });
}

/** The normaliser where it is there, else a preview of it; one that is on its way is not waited for. */
async function atOnce(model: Model, kind: VectorKind, options: NormaliserOptions): Promise<Float64Array> {
  const exact = { ...options, approximate: false };
  const key = await keyOf(model, kind, exact);
  const known = kept.done(model, key) ?? (await fromCache(model, key, kind, exact));
  return known ?? (await previewNormaliser(model, kind, key, options)) ?? normaliser(model, kind, options);
}

/** One normaliser where it is kept with the model or in its cache; never computes. */
export async function knownNormaliser(
  model: Model,
  kind: VectorKind,
  options: NormaliserOptions = {},
): Promise<Float64Array | undefined> {
  if (model.normalisedAs) return knownNormaliser(model.normalisedAs, kind, options);
  const key = await keyOf(model, kind, options);
  return (await kept.peek(model, key)) ?? (await fromCache(model, key, kind, options));
}

/** Keeps a normaliser that was computed elsewhere (an atlas ships its own), so that readings divide by the same. */
export async function keepNormaliser(
  model: Model,
  kind: VectorKind,
  f: Float64Array,
  options: NormaliserOptions = {},
): Promise<void> {
  if (model.normalisedAs) return keepNormaliser(model.normalisedAs, kind, f, options);
  const key = await keyOf(model, kind, options);
  if ((await kept.get(model, key, options.signal, async () => f)) === f)
    await toCache(model, fileOf(model, key), kind, f);
}

/**
 * Of an approximate normaliser, which a reading must say: what no mean of any layer errs by more than
 * (relative; proved). Undefined for an exact one.
 */
export const errorOf = (f: Float64Array): number | undefined => errors.get(f);

/** The vectors that a normaliser is no mean of, because they are not finite; which a reading must say. */
export const leftOutOf = (f: Float64Array): readonly LeftOutVector[] => leftOut.get(f) ?? [];

/** What changes a normaliser's numbers, beside the model: for what is made with it and kept. */
export async function normaliserKey(
  model: Model,
  kind: VectorKind,
  f: Float64Array,
  options: NormaliserOptions,
): Promise<string> {
  const key = await keyOf(model, kind, { ...options, approximate: errorOf(f) !== undefined });
  return previewOf(f) ? `${key}-preview` : key;
}

const fileOf = (model: Model, key: string): string => `freq-${VERSION}-${model.fingerprint}-${key}.safetensors`;

/** What changes the numbers. Folding a norm changes only vectors that read the residual stream. */
async function keyOf(model: Model, kind: VectorKind, options: NormaliserOptions): Promise<string> {
  const folded = options.foldNorm && readsTheStream(kind) ? '-folded' : '';
  const e = await heldAs(model, embeddingOf(kind, options.embedding), options.signal);
  return `${kind}-${e}${folded}${options.approximate ? '-approximate' : ''}`;
}

function layersOf(model: Model): number[] {
  return Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
}

async function compute(
  model: Model,
  kind: VectorKind,
  options: NormaliserOptions,
): Promise<{ f: Float64Array; error?: number; without: LeftOutVector[] }> {
  const { signal, approximate } = options;
  const sources = sourcesOf(model, kind);
  const total = sources.reduce((sum, { source }) => sum + source.count, 0);
  if (total === 0)
    throw new WeightscopeError('PARAMETER_UNKNOWN', `Expected ${model.name} to have \`${kind}\` vectors, found none.`);
  const e = await embedding(model, embeddingOf(kind, options.embedding), signal);
  const engine: Engine = options.engine ?? (await defaultEngine());
  const of = kind.startsWith('ff') ? 'relu' : 'abs';
  const sum = new Float64Array(e.rows);
  let seen = 0;
  let error: number | undefined;
  const without: LeftOutVector[] = [];
  for (const vectors of sources) {
    const { count, name } = vectors.source;
    const all = await readVectors(model, vectors, { foldNorm: options.foldNorm, finite: false, signal });
    const unusable = unusableRows(all.data, all.columns);
    for (const index of unusable) without.push({ name, index });
    const x = withoutRows(all, unusable);
    const done = seen;
    seen += count;
    if (x.rows === 0) continue;
    const means = await engine.columnMeans(x, e, {
      signal,
      approximate,
      progress: (part) => options.progress?.((done + part * count) / total, `normaliser ${kind}`),
    });
    for (let i = 0; i < sum.length; i++) sum[i] += means[of][i] * x.rows;
    // All terms are of one sign, so that the whole errs by no more than the worst part.
    if (means.error !== undefined) error = Math.max(error ?? 0, means.error);
  }
  // Without one usable vector there is no mean: the error names the tensor of the first.
  if (without.length === total) await sources[0].source.read(0, 1, signal);
  return { f: sum.map((s) => Math.fround(s / (total - without.length) + 1e-9)), error, without };
}

/** The parameters that hold a kind's vectors, in the order in which they are added up. */
const sourcesOf = (model: Model, kind: VectorKind) =>
  layersOf(model).flatMap((layer) => parametersOf(model, layer, kind).map((source) => ({ layer, kind, source })));

/** The normalisers as a safetensors file (fp32), under their own names. */
export async function writeNormalisers(of: ReadonlyMap<string, Float64Array>): Promise<Uint8Array> {
  const tensors = [...of].map(([name, f]) => ({ name, shape: [f.length], data: Float32Array.from(f) }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(tensors, { version: String(VERSION) })) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Whether {@link writeNormalisers} wrote this by the definition of today. Throws `FORMAT_INVALID` and the like. */
export async function isOfToday(bytes: Uint8Array, name = 'normalisers'): Promise<boolean> {
  const { metadata } = await readSafetensors(memorySource(bytes, name));
  return metadata.get('version') === String(VERSION);
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
    const tensors = await parseNormalisers(bytes, file);
    const [found, error] = [tensors.get(kind), tensors.get(ERROR)?.[0]];
    const rows = parameter(model, embeddingOf(kind, options.embedding)).count;
    if (found?.length !== rows || !found.every((f) => f > 0)) return undefined;
    if ((options.approximate ?? false) !== (error !== undefined)) return undefined;
    if (error !== undefined) errors.set(found, error);
    const without = tensors.get(LEFT_OUT);
    if (without) leftOut.set(found, namesOf(without, model, kind));
    return found;
  } catch {
    return undefined; // A damaged file in the cache is made again.
  }
}

async function toCache(model: Model, file: string, kind: VectorKind, f: Float64Array): Promise<void> {
  const error = errors.get(f);
  const tensors = new Map<string, Float64Array>([[kind, f]]);
  if (error !== undefined) tensors.set(ERROR, Float64Array.of(error));
  const without = leftOutOf(f);
  if (without.length > 0) {
    const names = sourcesOf(model, kind).map(({ source }) => source.name);
    tensors.set(LEFT_OUT, Float64Array.from(without.flatMap(({ name, index }) => [names.indexOf(name), index])));
  }
  await model.cache?.put(file, await writeNormalisers(tensors)).catch(() => undefined);
}

/** Pairs of a parameter's number and a vector's, as they stand in the cache's file. */
function namesOf(pairs: Float64Array, model: Model, kind: VectorKind): LeftOutVector[] {
  const sources = sourcesOf(model, kind);
  return Array.from({ length: pairs.length >> 1 }, (_, i) => ({
    name: sources[pairs[2 * i]].source.name,
    index: pairs[2 * i + 1],
  }));
}
