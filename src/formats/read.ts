import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { allFinite } from '../finite.ts';
import { slab, type TensorInfo } from './tensor.ts';

/** Bytes per read: what a read needs is its result and one such piece. */
const PIECE_BYTES = 16 << 20;
/** Rows closer than this are fetched by one read: a few wasted bytes cost less than another request. */
const GAP_BYTES = 4096;

export interface ReadHow {
  signal?: AbortSignal;
  /** Default true: a number that is not finite is an error. `false`: it is handed out as it is. */
  finite?: boolean;
}

export interface ReadOptions extends ReadHow {
  /** Rows of the tensor viewed as [shape[0], everything else]; default all. */
  rowStart?: number;
  rowEnd?: number;
}

/** A tensor as rows: [shape[0], product of the rest]; a scalar is [1, 1]. */
export function rowsOf(info: TensorInfo): { rows: number; width: number } {
  const [rows = 1, ...rest] = info.shape;
  return { rows, width: rest.reduce((product, size) => product * size, 1) };
}

/** The tensor, or its `refusal` thrown where its numbers are not to be had or not to be read as they stand. */
export function readable(info: TensorInfo): TensorInfo {
  if (info.refusal) throw new WeightscopeError(info.refusal.code, info.refusal.message);
  return info;
}

/**
 * Rows `[rowStart, rowEnd)` as fp32, row-major; only their bytes are read, in pieces of at most 16 MB.
 * Throws `OUT_OF_RANGE`, `FORMAT_UNSUPPORTED`, `NOT_FINITE` (naming tensor and index), and what the source throws.
 */
export async function readTensor(info: TensorInfo, options: ReadOptions = {}): Promise<Float32Array> {
  const { rows, width } = rowsOf(info);
  const { rowStart = 0, rowEnd = rows, finite = true, signal } = options;
  checkRows(info, rowStart, rowEnd, rows);
  const out = await readElements(info, rowStart * width, rowEnd * width, signal);
  if (finite) checkFinite(info, out, (i) => rowStart * width + i);
  return out;
}

/** The rows asked for, in the order asked for (repeats allowed), row-major; neighbours are fetched together. */
export async function readRows(
  info: TensorInfo,
  rows: readonly number[],
  { signal, finite = true }: ReadHow = {},
): Promise<Float32Array> {
  const { rows: count, width } = rowsOf(info);
  for (const row of rows) checkRows(info, row, row + 1, count);
  if (readable(info).transposeOf && info.shape.length === 2)
    return readColumns(info.transposeOf!, rows, { signal, finite });
  const found = new Float32Array(rows.length * width);
  const order = rows.map((_, i) => i).sort((a, b) => rows[a] - rows[b]);
  const rowBytes = (width / info.blockSize) * info.blockBytes;
  for (let from = 0, to = 0; from < order.length; from = to) {
    const first = rows[order[from]];
    for (to = from + 1; to < order.length; to++) {
      const next = rows[order[to]];
      if ((next - rows[order[to - 1]] - 1) * rowBytes > GAP_BYTES || (next + 1 - first) * rowBytes > PIECE_BYTES) break;
    }
    const values = await readElements(info, first * width, (rows[order[to - 1]] + 1) * width, signal);
    for (let i = from; i < to; i++) {
      const at = (rows[order[i]] - first) * width;
      const row = values.subarray(at, at + width);
      if (finite) checkFinite(info, row, (at) => rows[order[i]] * width + at);
      found.set(row, order[i] * width);
    }
  }
  return found;
}

/**
 * The columns asked for of a tensor [rows, columns], one after the other: [asked, rows]. A column's numbers are spread
 * over the whole tensor: it is read in pieces, of which only these columns are kept.
 */
export async function readColumns(
  info: TensorInfo,
  columns: readonly number[],
  how: ReadHow = {},
): Promise<Float32Array> {
  const [rows, width] = info.shape;
  for (const column of columns)
    if (!(column >= 0 && column < width))
      throw new WeightscopeError(
        'OUT_OF_RANGE',
        `Expected columns within the ${width} of tensor ${info.name}, got ${column}.`,
      );
  if (readable(info).transposeOf) return readRows(info.transposeOf!, columns, how);
  const out = new Float32Array(columns.length * rows);
  const step = Math.max(1, Math.floor(PIECE_BYTES / 4 / width));
  for (let from = 0; from < rows && columns.length > 0; from += step) {
    const to = Math.min(from + step, rows);
    const piece = await readTensor(info, { rowStart: from, rowEnd: to, signal: how.signal, finite: false });
    for (let i = 0; i < columns.length; i++)
      for (let row = from, at = columns[i]; row < to; row++, at += width) out[i * rows + row] = piece[at];
  }
  // What stands in other columns is not asked for.
  if (how.finite !== false) checkFinite(info, out, (i) => (i % rows) * width + columns[Math.floor(i / rows)]);
  return out;
}

/** Elements `[start, end)`, decoded by whole blocks or lines; nothing is said about numbers that are not finite. */
export async function readElements(
  info: TensorInfo,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (info.lines) return readLines(readable(info), start, end, signal);
  if (info.transposeOf) return readTransposed(readable(info), start, end, signal);
  const { blockSize, blockBytes, source } = readable(info);
  const firstBlock = Math.floor(start / blockSize);
  const endBlock = Math.ceil(end / blockSize);
  const blocks = allocate(info, (endBlock - firstBlock) * blockSize);
  const step = Math.max(1, Math.floor(PIECE_BYTES / blockBytes));
  for (let block = firstBlock; block < endBlock; block += step) {
    throwIfAborted(signal);
    const pieceEnd = Math.min(block + step, endBlock);
    const bytes = await source.slice(info.start + block * blockBytes, info.start + pieceEnd * blockBytes, signal);
    info.decode(bytes, blocks.subarray((block - firstBlock) * blockSize, (pieceEnd - firstBlock) * blockSize));
  }
  const skip = start - firstBlock * blockSize;
  return blocks.length === end - start ? blocks : blocks.slice(skip, skip + end - start);
}

/** Whole lines, decoded by the tensor's own code in pieces of 16 MB. */
async function readLines(info: TensorInfo, start: number, end: number, signal?: AbortSignal): Promise<Float32Array> {
  const width = info.shape.at(-1) ?? 1;
  const [first, last] = [Math.floor(start / width), Math.ceil(end / width)];
  const out = allocate(info, (last - first) * width);
  const step = Math.max(1, Math.floor(PIECE_BYTES / 4 / width));
  for (let from = first; from < last; from += step) {
    throwIfAborted(signal);
    const to = Math.min(from + step, last);
    await info.lines!(from, to, out.subarray((from - first) * width, (to - first) * width), signal);
  }
  return out.length === end - start ? out : out.slice(start - first * width, end - first * width);
}

async function readTransposed(info: TensorInfo, start: number, end: number, signal?: AbortSignal) {
  const { rows, width } = rowsOf(info);
  const [first, last] = [Math.floor(start / width), Math.ceil(end / width)];
  const out = allocate(info, (last - first) * width);
  if (info.shape.length === 2) {
    const columns = Array.from({ length: last - first }, (_, i) => first + i);
    out.set(await readColumns(info.transposeOf!, columns, { signal, finite: false }));
  } else
    for (let i = first; i < Math.min(last, rows); i++)
      out.set(await readElements(slab(info, i), 0, width, signal), (i - first) * width);
  return out.length === end - start ? out : out.slice(start - first * width, end - first * width);
}

function allocate(info: TensorInfo, length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Tensor ${info.name} needs ${4 * length} bytes of memory as fp32, which this machine does not give; read fewer rows at once.`,
      { cause },
    );
  }
}

function checkRows(info: TensorInfo, start: number, end: number, rows: number): void {
  if (Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= rows) return;
  throw new WeightscopeError(
    'OUT_OF_RANGE',
    `Expected rows within the ${rows} of tensor ${info.name}, got ${start} to ${end}.`,
  );
}

/** `place` says which of the tensor's elements value i is. A second pass only to name the culprit. */
function checkFinite(info: TensorInfo, values: Float32Array, place: (i: number) => number): void {
  if (allFinite(values)) return;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const index: number[] = [];
  for (let d = info.shape.length - 1, rest = place(bad); d >= 0; rest = Math.floor(rest / info.shape[d--]))
    index.unshift(rest % info.shape[d]);
  throw new WeightscopeError(
    'NOT_FINITE',
    `Expected finite weights in tensor ${info.name} of ${info.source.name}, found ${values[bad]} at [${index.join(', ')}].`,
  );
}
