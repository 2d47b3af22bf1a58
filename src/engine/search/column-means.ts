import { throwIfAborted } from '../../errors.ts';
import { checkFinite, checkShapes } from '../check.ts';
import type { ColumnMeans, Matrix, MeansOptions, RunOptions } from '../engine.ts';
import { type ColumnTask, MEANS_COLUMNS, MEANS_COLUMNS16, MEANS_SCRATCH, type Products } from './column-task.ts';
import { chunks, Layout } from './memory.ts';
import type { PackTask } from './pack-task.ts';
import type { Sessions } from './session.ts';

/**
 * With fewer rows the products are fp64: rounding errors of fp32 products are averaged away only over many rows, and
 * the means must agree to 1e-6.
 */
const FEW = 256;
/**
 * Rows of e on which approximate means are measured, and what they may err by there: half of what all may, since the
 * largest of 50,000 errors is some 1.8 times the largest of 64 (where errors are normal).
 */
const SAMPLE = 64;
const TOLERANCE = 5e-5;
/** Rows that are packed at a time: whole panels. */
const PACK_ROWS = 1024;

interface Part {
  start: number;
  end: number;
}

/**
 * Means over rows of x of max(x·e, 0) and |x·e|: fp32 products of blocks, fp64 sums. Approximate ones have products in
 * 16-bit whole numbers, and some of them are compared with exact ones: where they err too much, none are used.
 */
export const columnMeans = async (
  sessions: Sessions,
  x: Matrix,
  e: Matrix,
  options: MeansOptions = {},
): Promise<ColumnMeans> => {
  checkShapes(x, e);
  const ordinary = [checkFinite(x, 'first'), checkFinite(e, 'second')].every(isOrdinary);
  const plain = x.rows < FEW || !ordinary ? 'f64' : 'f32';
  if (options.approximate && sessions.products16 && plain === 'f32' && e.rows > 0) {
    const [sample, { signal }] = [sampleOf(e), options];
    const exact = await means(sessions, x, sample.matrix, 'f64', { signal });
    throwIfAborted(signal);
    const approximate = await means(sessions, x, e, 'i16', options);
    const differences = (['relu', 'abs'] as const).flatMap((which) =>
      sample.rows.map((row, i) => difference(approximate[which][row], exact[which][i])),
    );
    const error = Math.max(...differences);
    // Progress has come to its end: what follows is rare.
    return error <= TOLERANCE ? { ...approximate, error } : means(sessions, x, e, plain, { signal });
  }
  return means(sessions, x, e, plain, options);
};

/** Rows of e at equal distances. */
const sampleOf = (e: Matrix): { rows: number[]; matrix: Matrix } => {
  const [count, d] = [Math.min(SAMPLE, e.rows), e.columns];
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * e.rows) / count));
  const data = new Float32Array(count * d);
  for (const [i, row] of rows.entries()) data.set(e.data.subarray(row * d, (row + 1) * d), i * d);
  return { rows, matrix: { data, rows: count, columns: d } };
};

const difference = (value: number, exact: number): number => (value === exact ? 0 : Math.abs(value / exact - 1));

const means = async (
  sessions: Sessions,
  x: Matrix,
  e: Matrix,
  products: Products,
  options: RunOptions,
): Promise<ColumnMeans> => {
  const d = x.columns;
  const [partsX, partsE] = [chunks(x.rows, d * 8), chunks(e.rows, d * 12)];
  const layout = new Layout();
  const most = Math.max(partsX.size, partsE.size);
  const rowsAt = layout.take(most * d * 4);
  const indexAt = layout.take(most * 4);
  const factorAt = layout.take(most * 8);
  /** Bytes of one row of e as it is packed, and rows that are packed together. */
  const [width, panel] = { f64: [d * 8, 4], f32: [d * 4, 8], i16: [4 * Math.ceil(d / 2), 16] }[products];
  const [scaleX, scaleE] = [layout.take(8 * padded(partsX.size, 16)), layout.take(8 * padded(partsE.size, 16))];
  const xAt = layout.take(padded(partsX.size, 16) * (products === 'i16' ? width : d * 4));
  const eAt = layout.take(padded(partsE.size, panel) * width);
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(MEANS_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  const relu = new Float64Array(e.rows);
  const abs = new Float64Array(e.rows);
  try {
    const { buffer } = session;
    new Uint32Array(buffer, indexAt, most).forEach((_, i, index) => {
      index[i] = i;
    });
    new Float64Array(buffer, factorAt, most).fill(1);
    /** Copies rows in and packs them: lanes pack some while this thread copies the next. */
    const load = async (matrix: Matrix, { start, end }: Part, first: boolean, out: number, scaleAt: number) => {
      const copy = new Float32Array(buffer, rowsAt, most * d);
      let from = start;
      const next = (): { args: PackTask; done: number } | undefined => {
        if (from >= end) return undefined;
        const rows = Math.min(PACK_ROWS, end - from);
        const at = from - start;
        copy.set(matrix.data.subarray(from * d, (from + rows) * d), at * d);
        from += rows;
        const places = {
          rowsAt: rowsAt + 4 * at * d,
          scaleAt: scaleAt + 8 * at,
          out: out + at * width,
          indexAt,
          factorAt,
        };
        return { args: { products, ...places, rows, d, first }, done: 0 };
      };
      await session.run('pack', next, () => {}, { signal: options.signal });
    };
    const step = products === 'i16' ? MEANS_COLUMNS16 : MEANS_COLUMNS;
    for (const partX of partsX.list) {
      const rows = partX.end - partX.start;
      if (products === 'f64') new Float32Array(buffer, xAt).set(x.data.subarray(partX.start * d, partX.end * d));
      else await load(x, partX, true, xAt, scaleX);
      for (const partE of partsE.list) {
        const columns = partE.end - partE.start;
        await load(e, partE, false, eAt, scaleE);
        const scale = products === 'i16' ? new Float64Array(buffer, scaleE, columns) : undefined;
        let column = 0;
        const next = (): { args: ColumnTask; done: number } | undefined => {
          if (column >= columns) return undefined;
          const args: ColumnTask = {
            xAt,
            scaleAt: scaleX,
            rows,
            eAt: eAt + column * width,
            columns: Math.min(step, columns - column),
            d,
            products,
            column: partE.start + column,
          };
          column += step;
          return { args, done: (partX.start * e.rows + rows * (partE.start + column)) / (x.rows * e.rows) };
        };
        await session.run(
          'columns',
          next,
          (sums) => {
            for (let j = 0; j < sums.relu.length; j++) {
              const by = scale?.[sums.column - partE.start + j] ?? 1;
              relu[sums.column + j] += by * sums.relu[j];
              abs[sums.column + j] += by * sums.abs[j];
            }
          },
          options,
        );
      }
    }
  } finally {
    session.close();
  }
  options.progress?.(1);
  const mean = (sum: number): number => (x.rows === 0 ? 0 : sum / x.rows);
  return { relu: relu.map(mean), abs: abs.map(mean) };
};

const padded = (rows: number, panel: number): number => panel * Math.ceil(rows / panel);

/** Whether products of numbers up to `largest`, and their sums, stay far from the ends of fp32. */
const isOrdinary = (largest: number): boolean => largest < 1e12 && (largest === 0 || largest > 1e-12);
