import type { Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import type { Model } from '../model/types.ts';
import { rowsKept, stage } from './applied.ts';
import { embedding, embeddingOf, rowNorms, scaledRows } from './embedding.ts';
import type { Factor } from './factor-cache.ts';
import { normaliser } from './normalisers.ts';
import { checkIndex, interactionsOf, parameter, placesInWords, readVectors, type VectorKind } from './parameters.ts';
import { previewOf } from './preview.ts';
import type { HeadMatrix, ReadOptions } from './types.ts';

/** The two factors [V, d_head] of a head's interaction; its V x V matrix A · Bᵀ is never built. */
export interface HeadFactors {
  a: Matrix;
  b: Matrix;
}

export type HeadPart = 'q' | 'k' | 'v' | 'o';
export type Side = 'first' | 'second';

/** The parameter on each side of an interaction. */
export const PARTS: Record<HeadMatrix, Record<Side, HeadPart>> = {
  vo: { first: 'v', second: 'o' },
  qk: { first: 'q', second: 'k' },
};

/** The kinds of vectors on both sides of these matrices. */
export const partKinds = (matrices: readonly HeadMatrix[]): VectorKind[] =>
  matrices.flatMap((matrix) => Object.values(PARTS[matrix]).map((part) => `attn.${part}` as const));

/** Which tokens count on each side of a matrix: the filters, and rows of E that can be read. */
export async function pairMasks(
  model: Model,
  matrix: HeadMatrix,
  options: ReadOptions,
): Promise<{ maskA?: Uint8Array; maskB?: Uint8Array }> {
  const { first, second } = PARTS[matrix];
  const maskA = await rowsKept(model, `attn.${first}`, 'pairs', options);
  // One mask where both sides stand against one table.
  const same = embeddingOf(`attn.${first}`, options.embedding) === embeddingOf(`attn.${second}`, options.embedding);
  return { maskA, maskB: same ? maskA : await rowsKept(model, `attn.${second}`, 'pairs', options) };
}

/** Rows of E scaled and multiplied at a time: E / f is never held whole. */
const BLOCK = 4096;

/**
 * vo: A = (E / f_v) W_V, B = (E / f_o) W_Oᵀ; qk: A = (E / f_q) W_Q, B = (E / f_k) W_K (Dar et al. 2023, section 3),
 * with `cosine` E_i / |E_i|, with `none` E itself. E / f is rounded once to fp32, sums are fp64 rounded once to fp32.
 * With grouped queries head h uses kv head floor(h * kvHeads / heads). Throws `OUT_OF_RANGE`.
 */
export async function headFactors(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  options: ReadOptions = {},
): Promise<HeadFactors> {
  return {
    a: (await headFactor(model, layer, head, matrix, 'first', options)).factor,
    b: (await headFactor(model, layer, head, matrix, 'second', options)).factor,
  };
}

/** One factor [V, d_head], or its rows [start, end) alone, and the normaliser that went into it. */
export async function headFactor(
  model: Model,
  layer: number,
  head: number,
  matrix: HeadMatrix,
  side: Side,
  options: ReadOptions & { start?: number; end?: number },
): Promise<Factor> {
  const part = PARTS[matrix][side];
  const name = `factor ${part} of head ${layer}:${head}`;
  const make = async () =>
    factorOf(model, { ...(await headVectors(model, layer, head, part, options)), name }, part, options);
  const whole = options.start === undefined && options.end === undefined;
  if (!options.factorCache || !whole) return make();
  // Where a preview was asked for and the exact normaliser is there, the factor is kept as the exact one that it is.
  const preview = options.preview === true && previewOf(await sideDivisor(model, part, options)) !== undefined;
  return options.factorCache.get(keyOf(model, layer, head, part, { ...options, preview }), make, !preview);
}

function keyOf(model: Model, layer: number, head: number, part: HeadPart, options: ReadOptions): string {
  const { normalize = 'freq', foldNorm = false, embedding: e = 'unembed' } = options;
  const { approximate = false, preview = false } = options;
  return JSON.stringify([
    model.name,
    model.fingerprint,
    layer,
    head,
    part,
    normalize,
    foldNorm,
    e,
    approximate,
    preview,
  ]);
}

/** (E / f) Wᵀ [V, r] for vectors W [r, d] of any origin, f being the divisor of `part`; named as W is. */
export async function factorOf(
  model: Model,
  w: Matrix,
  part: HeadPart,
  options: ReadOptions & { start?: number; end?: number },
): Promise<Factor> {
  const f = await sideDivisor(model, part, options);
  const e = await embedding(model, embeddingOf(`attn.${part}`, options.embedding), options.signal);
  const engine = options.engine ?? (await defaultEngine());
  const { start = 0, end = e.rows } = options;
  const { rows: r, name = 'factor' } = w;
  const data = new Float32Array((end - start) * r);
  const run = stage(options, name);
  for (let from = start; from < end; from += BLOCK) {
    const to = Math.min(from + BLOCK, end);
    const block = await engine.matmul(scaledRows(e, f, from, to), w, { signal: run.signal });
    data.set(block.data, (from - start) * r);
    run.progress?.((to - start) / (end - start));
  }
  return { factor: { data, rows: end - start, columns: r, name }, f };
}

/**
 * One head's W_Q, W_K, W_V columns or W_O rows as vectors [d_head, d], for products of two; kv heads are shared by
 * groups of query heads. Of a difference: both models' vectors, so that products are the products' difference.
 */
export const headVectors = (
  model: Model,
  layer: number,
  head: number,
  part: HeadPart,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'> = {},
): Promise<Matrix> => ownHeadVectors(interactionsOf(model), layer, head, part, options);

/** The same of the parameter itself: of a difference, the vectors' differences. */
export async function ownHeadVectors(
  model: Model,
  layer: number,
  head: number,
  part: HeadPart,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'> = {},
): Promise<Matrix> {
  checkHead(model, layer, head);
  const source = parameter(model, `layer.${layer}.attn.${part}`);
  const width = source.count / source.shape[0];
  const own = sharedHead(head, headCount(model, layer), source.shape[0]);
  const range = { start: own * width, end: (own + 1) * width };
  return readVectors(model, { layer, kind: `attn.${part}`, source }, { ...options, ...range });
}

/** Whether a layer has heads: some read with what is no attention. */
export const hasHeads = (model: Model, layer: number): boolean => model.parameters.has(`layer.${layer}.attn.q`);

/** Query heads of a layer. Throws `OUT_OF_RANGE` where it has no attention. */
export const headCount = (model: Model, layer: number): number => parameter(model, `layer.${layer}.attn.q`).shape[0];

/** Throws `OUT_OF_RANGE` where there is no such layer or head. */
export function checkHead(model: Model, layer: number, head: number): void {
  const places = () => placesInWords(model, 'heads');
  checkIndex(layer, model.dimensions.layers, 'layer', places);
  checkIndex(head, headCount(model, layer), 'head', places);
}

/** Which of `shared` key-value heads a query head, one of `heads`, has: groups of neighbours share one. */
export const sharedHead = (head: number, heads: number, shared: number): number => Math.floor((head * shared) / heads);

/** What the rows of E are divided by on one side; `undefined`: nothing. */
export async function sideDivisor(
  model: Model,
  part: HeadPart,
  options: ReadOptions,
): Promise<Float64Array | undefined> {
  const { normalize = 'freq' } = options;
  if (normalize === 'freq') return normaliser(model, `attn.${part}`, options);
  const which = embeddingOf(`attn.${part}`, options.embedding);
  return normalize === 'cosine' ? rowNorms(model, which, options.signal) : undefined;
}
