import type { Matrix } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { unusableRows } from './finite.ts';
import { Kept } from './kept.ts';
import { checkIndex, parameter, readsTheStream, type VectorKind } from './parameters.ts';
import type { EmbeddingChoice, EmbeddingName } from './types.ts';

/**
 * The table that vectors of a kind stand against. With `own`, what reads the residual stream (key, up, q, k, v) stands
 * against `embed`, what writes to it (value, o) against `unembed`. Vectors of no kind (tokens, sums, files) have no
 * side, and stand against `unembed` then.
 */
export function embeddingOf(kind: VectorKind | undefined, choice: EmbeddingChoice = 'unembed'): EmbeddingName {
  if (choice !== 'own') return choice;
  return kind !== undefined && readsTheStream(kind) ? 'embed' : 'unembed';
}

/** A table with its unusable rows set to 0, and which those are. */
interface Table {
  e: Matrix;
  leftOut: readonly number[];
}

const tables = new Kept<Table>();
const norms = new Kept<Float64Array>();
const ties = new Kept<{ one: boolean; differ: boolean }>();

/**
 * E [V, d]: the matrix vectors are read with. Read once per model and kept with it. Rows that are not finite are 0
 * here, and left out of whatever is listed or counted: {@link leftOutRows}.
 */
export async function embedding(model: Model, which: EmbeddingName = 'unembed', signal?: AbortSignal): Promise<Matrix> {
  return (await table(model, which, signal)).e;
}

/** The rows of E, ascending, that hold a NaN or an infinity: nothing can be said about their tokens. */
export async function leftOutRows(
  model: Model,
  which: EmbeddingName = 'unembed',
  signal?: AbortSignal,
): Promise<readonly number[]> {
  return (await table(model, which, signal)).leftOut;
}

async function table(model: Model, which: EmbeddingName, signal?: AbortSignal): Promise<Table> {
  const name = await heldAs(model, which, signal);
  return tables.get(model, name, signal, async () => {
    const source = parameter(model, name);
    const data = await source.read(0, source.count, signal, { finite: false });
    const leftOut = zeroUnusable(data, source.width);
    // A table without one usable row is an error, which names its tensor.
    if (leftOut.length > 0 && leftOut.length === source.count) await source.read(0, 1, signal);
    return { e: { data, rows: source.count, columns: source.width, name }, leftOut };
  });
}

/** Sets rows that hold a NaN or an infinity to 0 and returns their numbers. */
function zeroUnusable(data: Float32Array, width: number): number[] {
  const found = unusableRows(data, width);
  for (const row of found) data.fill(0, row * width, (row + 1) * width);
  return found;
}

/** Checks that a token has a row of E that can be read. Throws `OUT_OF_RANGE`, and `NOT_FINITE` naming the tensor. */
export async function checkToken(model: Model, id: number, which: EmbeddingName, signal?: AbortSignal): Promise<void> {
  const name = await heldAs(model, which, signal);
  const { count, tensors } = parameter(model, name);
  checkIndex(id, count, 'token');
  if (!(await leftOutRows(model, name, signal)).includes(id)) return;
  throw new WeightscopeError(
    'NOT_FINITE',
    `Expected finite weights in row ${id} of ${name} (tensor ${tensors[0]}), found others; ask for another token.`,
  );
}

/** Numbers up to which two tables are compared whole; of larger ones, three pieces of so many rows. */
const COMPARED = 1 << 22;
const PIECE_ROWS = 64;

/** The name under which a table is read and kept: `unembed` for both where they are one tensor, read one way. */
export async function heldAs(model: Model, which: EmbeddingName, signal?: AbortSignal): Promise<EmbeddingName> {
  return which === 'embed' && (await compared(model, signal)).one ? 'unembed' : which;
}

/** Whether `embed` and `unembed` are different numbers, so that it matters which one a side is read with. */
export async function embeddingsDiffer(model: Model, signal?: AbortSignal): Promise<boolean> {
  return (await compared(model, signal)).differ;
}

function compared(model: Model, signal?: AbortSignal): Promise<{ one: boolean; differ: boolean }> {
  return ties.get(model, '', signal, async () => {
    const [embed, unembed] = [model.parameters.get('embed'), model.parameters.get('unembed')];
    if (!embed || !unembed) return { one: false, differ: false };
    if (embed.count !== unembed.count || embed.width !== unembed.width) return { one: false, differ: true };
    const { count, width } = embed;
    const middle = (count - PIECE_ROWS) >> 1;
    // One tensor is read in one way (scaled, say) for both or not: a few rows tell.
    const oneTensor = embed.tensors.join() === unembed.tensors.join();
    const starts = oneTensor ? [middle] : [0, middle, count - PIECE_ROWS];
    const whole = count <= PIECE_ROWS || (!oneTensor && count * width <= COMPARED);
    const pieces = whole ? [[0, count]] : starts.map((start) => [start, start + PIECE_ROWS]);
    const known = await tables.peek(model, 'unembed');
    let differ = false;
    for (const [start, end] of pieces) {
      const a = await embed.read(start, end, signal, { finite: false });
      const b = known
        ? known.e.data.subarray(start * width, end * width)
        : await unembed.read(start, end, signal, { finite: false });
      zeroUnusable(a, width);
      if (!known) zeroUnusable(b, width);
      differ ||= a.some((x, i) => x !== b[i]);
    }
    return { one: oneTensor && !differ, differ };
  });
}

/** |E_i| for every row, fp64 [V]; 1 for a row of zeros, whose scores are 0 whatever they are divided by. */
export async function rowNorms(
  model: Model,
  which: EmbeddingName = 'unembed',
  signal?: AbortSignal,
): Promise<Float64Array> {
  return norms.get(model, await heldAs(model, which, signal), signal, async () => {
    const e = await embedding(model, which, signal);
    return Float64Array.from(
      { length: e.rows },
      (_, i) => norm(e.data.subarray(i * e.columns, (i + 1) * e.columns)) || 1,
    );
  });
}

/** Euclidean length, summed in fp64. */
export function norm(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}

/** Rows [start, end) of E, row i divided by `divisor[i]`: in fp64, rounded once to fp32. */
export function scaledRows(e: Matrix, divisor: Float64Array | undefined, start: number, end: number): Matrix {
  const d = e.columns;
  const rows = e.data.subarray(start * d, end * d);
  const shape = { rows: end - start, columns: d, name: e.name };
  if (!divisor) return { data: rows, ...shape };
  const data = new Float32Array(rows.length);
  for (let i = start, at = 0; i < end; i++) {
    const by = divisor[i];
    for (const stop = at + d; at < stop; at++) data[at] = rows[at] / by;
  }
  return { data, ...shape };
}
