import { defaultEngine } from '../engine/select.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { embedding, embeddingOf } from './embedding.ts';
import { unusableRows, withoutRows } from './finite.ts';
import { Kept } from './kept.ts';
import { parametersOf, pickVectors, VECTOR_KINDS, type VectorKind } from './parameters.ts';
import { seeded } from './random.ts';
import type { ReadOptions } from './types.ts';

/** Which part of the vectors a preview looks at. */
const PART = 32;
/** So few tell too little, and take no time. */
const FEWEST = 256;
/** Products of numbers that a preview may take (V vectors of E by n by d): a second or two of two cores. */
const MOST_PRODUCTS = 2 ** 35;
/** Of a normal error, 95 % are within 1.96 standard errors; what few large values hide of the spread needs more. */
const WIDTH = 2.4;
/** A mean that may be off by more than this part of itself says nothing more of how far. */
const MOST = 0.9;
const SEED = 1;

/** What a preview of a normaliser is of. */
export interface Preview {
  /** How many vectors were looked at, and of how many. */
  vectors: number;
  of: number;
  /** [V]: the exact mean is within f · (1 ± relative) for 95 % of tokens. */
  relative: Float64Array;
}

type PreviewOptions = Pick<ReadOptions, 'engine' | 'embedding' | 'foldNorm' | 'signal' | 'progress'>;

const kept = new Kept<Float64Array | undefined>();
const previews = new WeakMap<Float64Array, Preview>();

/** Of a normaliser that is a preview, what it is of; undefined for one that is not, which a reading need not say. */
export const previewOf = (f: Float64Array | undefined): Preview | undefined => f && previews.get(f);

/**
 * `freq` from a sample of the vectors, one from each of as many equal stretches of all layers (seeded, so the same
 * every time): fp32 values in fp64 [V], with how far each may be from the exact mean ({@link previewOf}). Undefined
 * where there are so few vectors that a sample saves nothing. Reads E and the sample. `key` is what changes its
 * numbers.
 */
export async function previewNormaliser(
  model: Model,
  kind: VectorKind,
  key: string,
  options: PreviewOptions,
): Promise<Float64Array | undefined> {
  return kept.get(model, key, options.signal, () => make(model, kind, options));
}

async function make(model: Model, kind: VectorKind, options: PreviewOptions): Promise<Float64Array | undefined> {
  const { signal, progress } = options;
  const sources = Array.from({ length: model.dimensions.layers }, (_, layer) => layer).flatMap((layer) =>
    parametersOf(model, layer, kind).map((source) => ({ layer, kind, source })),
  );
  const total = sources.reduce((sum, { source }) => sum + source.count, 0);
  const e = await embedding(model, embeddingOf(kind, options.embedding), signal);
  const wanted = sampleSize(total, e.rows * e.columns);
  if (2 * wanted >= total) return undefined;
  const places = oneOfEach(wanted, total, seeded(SEED + VECTOR_KINDS.indexOf(kind)));
  const data = new Float32Array(wanted * e.columns);
  let [first, at] = [0, 0];
  for (const [i, { source, ...of }] of sources.entries()) {
    throwIfAborted(signal);
    const own = places.filter((place) => place >= first && place < first + source.count).map((place) => place - first);
    first += source.count;
    const { foldNorm } = options;
    if (own.length > 0)
      data.set((await pickVectors(model, { ...of, source }, own, { foldNorm, signal })).data, at * e.columns);
    at += own.length;
    progress?.((0.3 * (i + 1)) / sources.length, `preview of normaliser ${kind}`);
  }
  const x = withoutRows({ data, rows: wanted, columns: e.columns, name: kind }, unusableRows(data, e.columns));
  // Without vectors that can be read there is nothing to say beforehand; the exact way names what is wrong.
  if (2 * x.rows < wanted) return undefined;
  const engine = options.engine ?? (await defaultEngine());
  const means = await engine.columnMeans(x, e, {
    signal,
    squares: true,
    progress: (part) => progress?.(0.3 + 0.7 * part, `preview of normaliser ${kind}`),
  });
  const of = kind.startsWith('ff') ? 'relu' : 'abs';
  const squares = means.squares?.[of];
  if (!squares) return undefined; // An engine from elsewhere, which cannot say how far its means may be off.
  const f = means[of].map((mean) => Math.fround(mean + 1e-9));
  previews.set(f, { vectors: x.rows, of: total, relative: relativeErrors(means[of], squares, x.rows, total) });
  return f;
}

/** How many of `total` vectors a preview looks at, each against `numbers` numbers of E. */
export function sampleSize(total: number, numbers: number): number {
  return Math.min(total, Math.max(FEWEST, Math.min(Math.ceil(total / PART), Math.floor(MOST_PRODUCTS / numbers))));
}

/** One whole number of each of `n` stretches of 0..total-1 that are as equal as can be, ascending. */
function oneOfEach(n: number, total: number, random: () => number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const [from, to] = [Math.floor((i * total) / n), Math.floor(((i + 1) * total) / n)];
    return from + Math.floor(random() * (to - from));
  });
}

/**
 * Half-widths of what holds 95 % of exact means, as parts of the means: standard errors of means of n of N without
 * repetition. A token's own spread, from a sample that may have missed its few large values, is not taken to be less
 * than that of the usual token.
 */
function relativeErrors(means: Float64Array, squares: Float64Array, n: number, total: number): Float64Array {
  const spread = means.map((mean, i) => (mean > 0 ? Math.sqrt(Math.max(0, squares[i] / mean ** 2 - 1)) : 0));
  const sorted = spread.filter((value) => value > 0).sort();
  const usual = sorted[sorted.length >> 1] ?? 0;
  const scale = WIDTH * Math.sqrt((1 - n / total) / (n - 1));
  return spread.map((value, i) => (means[i] > 0 ? Math.min(MOST, scale * Math.max(value, usual)) : 0));
}

/** How far a score may be from the exact one, for 95 % of tokens: it was divided by means that may be off so much. */
export function marginOf(score: number, ...relative: readonly number[]): number {
  const together = Math.min(MOST, Math.hypot(...relative));
  return (Math.abs(score) * together) / (1 - together);
}

/**
 * What gives the margin of a score that was divided by each of `divisors` at the token of the same place; undefined
 * where none of them is a preview.
 */
export function marginsOf(
  divisors: readonly (Float64Array | undefined)[],
  tokens: readonly number[],
): ((score: number) => number) | undefined {
  const previews = divisors.map(previewOf);
  if (!previews.some(Boolean)) return undefined;
  const relative = previews.map((preview, at) => preview?.relative[tokens[at]] ?? 0);
  return (score) => marginOf(score, ...relative);
}

/** Tokens with the margins of their scores, where these were divided by a preview; else as they are. */
export function withMargins<T extends { id: number; score: number }>(tokens: T[], f: Float64Array | undefined): T[] {
  const preview = previewOf(f);
  if (!preview) return tokens;
  return tokens.map((token) => {
    const relative = preview.relative[token.id];
    return relative === undefined ? token : { ...token, margin: marginOf(token.score, relative) };
  });
}

/** What a reading says of the previews that its scores were divided by. */
export function previewsInWords(previews: readonly Preview[]): string {
  const sizes = [...new Set(previews.map(({ vectors, of }) => `${count(vectors)} of ${count(of)}`))];
  return `Preview: freq is the mean over a sample, ${sizes.join(' and ')} vectors. For 95 % of tokens the exact score is within the ± beside it; without \`preview\` lists, order and counts are exact.`;
}

const count = (n: number): string => n.toLocaleString('en-US');
