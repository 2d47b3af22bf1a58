import { WeightscopeError } from '../errors.ts';
import { type ReadHow, readColumns, readElements, readRows, readTensor } from '../formats/read.ts';
import type { TensorInfo } from '../formats/tensor.ts';

import type { Parameter } from './types.ts';

export { slab } from '../formats/tensor.ts';

/** What a parameter is made of: a tensor [rows, columns] and which of its lines are the parameter's vectors. */
export interface Recipe {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly width: number;
  readonly tensor: TensorInfo;
  /** Whether a vector is a row of the tensor, or a column, or all of it (biases, norms: count 1). */
  readonly lines: 'rows' | 'columns' | 'whole';
  /** The tensor's line (of `whole`: element) that is vector (element) i. Default i. */
  readonly index?: (i: number) => number;
  /** Every number is multiplied by it, or by the one of its vector (of `whole`: its own). */
  readonly scale?: number | ((i: number) => number);
  /** Added to every number: Gemma's 1 + w. */
  readonly offset?: number;
  /**
   * The tensor's vectors are not of width d: this map comes before it (or, of embeddings, after it). Of `whole`, where
   * each of the tensor's vectors gives one number, it is the vector [w, 1] that goes through the tensor.
   */
  readonly inner?: Inner;
}

/** A linear map [d, w] or [w, d]; a vector of width w becomes one of width d. */
export interface Inner {
  readonly tensor: TensorInfo;
  /** [w]: multiplied in between, in fp64. */
  readonly gain?: TensorInfo;
  /** The row of `whole` that is vector i of the parameter as it stands; undefined: it comes through the map. */
  readonly direct?: (i: number) => number | undefined;
  readonly whole?: TensorInfo;
}

/** Makes a {@link Parameter} of a recipe; nothing is read. */
export function createParameter(recipe: Recipe): Parameter {
  const { name, shape, count, width, tensor, inner } = recipe;
  const others = inner ? [inner.tensor, ...(inner.gain ? [inner.gain] : [])] : [];
  return {
    name,
    shape,
    count,
    width,
    tensors: [tensor, ...others].map((info) => info.name),
    async read(start = 0, end = count, signal, { finite } = {}) {
      if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > count || start > end)
        throw new WeightscopeError(
          'OUT_OF_RANGE',
          `Expected vectors within the ${count} of ${name}, got ${start} to ${end}.`,
        );
      const how = { signal, finite };
      return finished(
        recipe,
        await (inner ? readInner : READERS[recipe.lines])(recipe, start, end, how),
        (i) => start + i,
      );
    },
    // Through a map all is read at once.
    ...(!inner &&
      recipe.lines !== 'whole' && {
        async pick(vectors, signal) {
          const lines = vectors.map(recipe.index ?? same);
          const pick = recipe.lines === 'rows' ? readRows : readColumns;
          const data = await pick(tensor, lines, { signal, finite: false });
          return finished(recipe, data, (i) => vectors[i]);
        },
      }),
  };
}

/** `vector`: which vector of the parameter stands at place i of `data`. */
function finished(
  { lines, width, scale, offset }: Recipe,
  data: Float32Array,
  vector: (i: number) => number,
): Float32Array {
  if (typeof scale === 'function') {
    const own = lines === 'whole' ? 1 : width;
    for (let at = 0; at < data.length; at += own) {
      const factor = scale(lines === 'whole' ? at : vector(at / own));
      for (let i = at; i < at + own; i++) data[i] *= factor;
    }
  } else if (scale !== undefined) for (let i = 0; i < data.length; i++) data[i] *= scale;
  if (offset) for (let i = 0; i < data.length; i++) data[i] += offset;
  return data;
}

type Reader = (recipe: Recipe, start: number, end: number, how: ReadHow) => Promise<Float32Array>;

const READERS: Record<Recipe['lines'], Reader> = {
  async rows({ tensor, index }, start, end, how) {
    if (!index) return readTensor(tensor, { rowStart: start, rowEnd: end, ...how });
    const rows = Array.from({ length: end - start }, (_, i) => index(start + i));
    return readRows(tensor, rows, how);
  },

  async columns({ tensor, index = same }, start, end, how) {
    const wanted = Array.from({ length: end - start }, (_, i) => index(start + i));
    return readColumns(tensor, wanted, how);
  },

  async whole({ tensor, index, width }, start, end, how) {
    if (start === end) return new Float32Array(0);
    const values = await readTensor(tensor, how);
    return index ? Float32Array.from({ length: width }, (_, i) => values[index(i)]) : values;
  },
};

const readInner: Reader = (recipe, start, end, how) =>
  recipe.lines === 'whole'
    ? throughMap({ ...recipe, width: 1 }, recipe.inner!, 0, start === end ? 0 : recipe.width, how)
    : throughMap(recipe, recipe.inner!, start, end, how);

const same = (i: number): number => i;

const TOGETHER = 4;

/** Vectors of width w, times the gain, times the map: sums in fp64, rounded once. */
async function throughMap(
  { tensor, index = same, width: d }: Recipe,
  { tensor: map, gain: stored, direct, whole }: Inner,
  start: number,
  end: number,
  how: ReadHow,
): Promise<Float32Array> {
  const { signal } = how;
  const wanted = Array.from({ length: end - start }, (_, i) => start + i);
  const out = new Float32Array(wanted.length * d);
  const straight = wanted.filter((i) => direct?.(i) !== undefined);
  if (straight.length > 0 && direct && whole) {
    const rows = await readRows(
      whole,
      straight.map((i) => direct(i)!),
      how,
    );
    for (const [at, i] of straight.entries()) out.set(rows.subarray(at * d, (at + 1) * d), (i - start) * d);
  }
  const through = straight.length === 0 ? wanted : wanted.filter((i) => direct?.(i) === undefined);
  if (through.length === 0) return out;
  const rows = await readRows(tensor, through.map(index), how);
  const p = await readTensor(map, { signal });
  const w = p.length / d;
  const byInput = map.shape[0] === d && map.shape[1] === w ? transpose(p, d, w) : p;
  const gain = stored && (await readTensor(stored, { signal }));
  // Several vectors at a time, so that the map, which may be larger than any cache, is gone through once for all of
  // them; each vector's sums are made in the order of its own numbers all the same.
  const sums = Array.from({ length: TOGETHER }, () => new Float64Array(d));
  const [s0, s1, s2, s3] = sums;
  for (let row = 0; row < through.length; row += TOGETHER) {
    for (const sum of sums) sum.fill(0);
    const number = (of: number, i: number): number =>
      of < through.length ? rows[of * w + i] * (gain ? gain[i] : 1) : 0;
    for (let i = 0; i < w; i++) {
      const [x0, x1, x2, x3] = [number(row, i), number(row + 1, i), number(row + 2, i), number(row + 3, i)];
      for (let j = 0, at = i * d; j < d; j++, at++) {
        const y = byInput[at];
        s0[j] += x0 * y;
        s1[j] += x1 * y;
        s2[j] += x2 * y;
        s3[j] += x3 * y;
      }
    }
    for (let own = 0; own < TOGETHER && row + own < through.length; own++)
      out.set(sums[own], (through[row + own] - start) * d);
  }
  return out;
}

/** [rows, columns] -> [columns, rows]. */
function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column];
  return out;
}

/**
 * A parameter as a whole array of its `shape`: W_Q, W_K and W_V as the field writes them, [heads, d, d_head],
 * everything else as its vectors stand.
 */
export async function exportParameter(
  parameter: Parameter,
  signal?: AbortSignal,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  return { shape: parameter.shape, data: await exportVectors(parameter, 0, parameter.count, signal) };
}

/** Fp32 numbers of an exported piece, about: 128 MB. */
const EXPORTED = 32 << 20;

/** The array of {@link exportParameter} in its order, in pieces: it may be larger than memory. */
export async function* exportPieces(parameter: Parameter, signal?: AbortSignal): AsyncGenerator<Float32Array> {
  const { count, width } = parameter;
  const unit = vectorsPerMatrix(parameter);
  const step = unit * Math.max(1, Math.floor(EXPORTED / (unit * width)));
  for (let from = 0; from < count; from += step)
    yield await exportVectors(parameter, from, Math.min(from + step, count), signal);
}

/** Vectors that are transposed together when an array is exported: those of a head in W_Q, W_K and W_V. */
const vectorsPerMatrix = ({ name, shape }: Parameter): number =>
  /\.(attn|cross)\.([qkv]|gate)$/.test(name) ? shape[2] : 1;

/** Vectors [from, to) as they stand in the exported array. */
async function exportVectors(
  parameter: Parameter,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const data = await parameter.read(from, to, signal);
  const [unit, { width }] = [vectorsPerMatrix(parameter), parameter];
  if (unit === 1) return data;
  for (let at = 0; at < data.length; at += unit * width) {
    const own = data.subarray(at, at + unit * width);
    own.set(transpose(own, unit, width));
  }
  return data;
}

/** The first `rows` rows of a tensor, as a tensor of its own. */
export function leading(info: TensorInfo, rows: number): TensorInfo {
  const bytes = (info.end - info.start) / info.shape[0];
  return { ...info, shape: [rows, ...info.shape.slice(1)], end: info.start + rows * bytes };
}

/**
 * A tensor of three dimensions as a matrix: XLNet keeps heads apart, SqueezeBERT's maps are convolutions of width 1.
 */
export function flat(info: TensorInfo): TensorInfo {
  const [first, ...rest] = info.shape;
  return rest.length === 2 ? { ...info, shape: [first, rest[0] * rest[1]] } : info;
}

/**
 * The whole map [out, in] of one in groups, which is stored as [out, in / groups]: 0 where an output does not read an
 * input. Where the outputs are no multiple of `groups` the tensor stays as it is, and its shape is refused.
 */
export function ungrouped(info: TensorInfo, groups: number): TensorInfo {
  const [out, width] = info.shape;
  if (!(groups > 1) || info.shape.length !== 2 || out % groups !== 0) return info;
  const whole = width * groups;
  return {
    ...info,
    shape: [out, whole],
    async lines(from, to, values, signal) {
      const stored = await readElements(info, from * width, to * width, signal);
      values.fill(0);
      for (let row = from; row < to; row++) {
        const group = Math.floor((row * groups) / out);
        values.set(
          stored.subarray((row - from) * width, (row - from + 1) * width),
          (row - from) * whole + group * width,
        );
      }
    },
  };
}
