import { checkFinite, checkShapes } from '../check.ts';
import type { ColumnMeans, Matrix, RunOptions } from '../engine.ts';
import { type ColumnTask, MEANS_COLUMNS, MEANS_SCRATCH } from './column-task.ts';
import { chunks, Layout } from './memory.ts';
import type { Sessions } from './session.ts';

/**
 * With fewer rows the products are fp64: rounding errors of fp32 products are averaged away only over many rows, and
 * the means must agree to 1e-6.
 */
const FEW = 256;

/** Means over rows of x of max(x·e, 0) and |x·e|: fp32 products of blocks, fp64 sums. */
export const columnMeans = async (
  sessions: Sessions,
  x: Matrix,
  e: Matrix,
  options: RunOptions = {},
): Promise<ColumnMeans> => {
  checkShapes(x, e);
  checkFinite(x, 'first');
  checkFinite(e, 'second');
  const d = x.columns;
  const exact = x.rows < FEW || !isOrdinary(x) || !isOrdinary(e);
  const [partsX, partsE] = [chunks(x.rows, d * 8), chunks(e.rows, d * 12)];
  const layout = new Layout();
  const most = Math.max(partsX.size, partsE.size);
  const rowsAt = layout.take(most * d * 4);
  const indexAt = layout.take(most * 4);
  const factorAt = layout.take(most * 8);
  const xAt = layout.take(Math.ceil(partsX.size / 8) * 32 * d);
  const eAt = layout.take(Math.ceil(partsE.size / 8) * 32 * d * (exact ? 2 : 1));
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(MEANS_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  const relu = new Float64Array(e.rows);
  const abs = new Float64Array(e.rows);
  try {
    const { kernels } = session.kernels;
    new Uint32Array(session.buffer, indexAt, most).forEach((_, i, index) => {
      index[i] = i;
    });
    new Float64Array(session.buffer, factorAt, most).fill(1);
    for (const partX of partsX.list) {
      const rows = partX.end - partX.start;
      new Float32Array(session.buffer, exact ? xAt : rowsAt).set(x.data.subarray(partX.start * d, partX.end * d));
      if (!exact) kernels.panels32(rowsAt, d, indexAt, factorAt, rows, xAt);
      for (const partE of partsE.list) {
        const columns = partE.end - partE.start;
        new Float32Array(session.buffer, rowsAt).set(e.data.subarray(partE.start * d, partE.end * d));
        if (exact) kernels.panels64(rowsAt, columns, d, eAt);
        else kernels.panels32(rowsAt, d, indexAt, factorAt, columns, eAt);
        let column = 0;
        const next = (): { args: ColumnTask; done: number } | undefined => {
          if (column >= columns) return undefined;
          const args: ColumnTask = {
            xAt,
            rows,
            eAt: eAt + column * d * (exact ? 8 : 4),
            columns: Math.min(MEANS_COLUMNS, columns - column),
            d,
            exact,
            column: partE.start + column,
          };
          column += MEANS_COLUMNS;
          return { args, done: (partX.start * e.rows + rows * (partE.start + column)) / (x.rows * e.rows) };
        };
        await session.run(
          'columns',
          next,
          (sums) => {
            for (let j = 0; j < sums.relu.length; j++) {
              relu[sums.column + j] += sums.relu[j];
              abs[sums.column + j] += sums.abs[j];
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

/** Whether products and their sums stay far from the ends of fp32. */
const isOrdinary = ({ data }: Matrix): boolean => {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size > largest) largest = size;
  }
  return largest < 1e12 && (largest === 0 || largest > 1e-12);
};
