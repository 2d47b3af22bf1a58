import { allFinite } from '../../../finite.ts';
import { checkFinite, checkShapes } from '../../check.ts';
import type { Matrix, RunOptions } from '../../engine.ts';
import { chunks, Layout } from '../memory.ts';
import type { Sessions } from '../session.ts';
import { MATMUL_COLUMNS, MATMUL_ROWS, MATMUL_SCRATCH, type MatmulTask } from './matmul-task.ts';

/** a · bᵀ in fp64, rounded once: chunks of a against packed chunks of b. */
export const matmul = async (sessions: Sessions, a: Matrix, b: Matrix, options: RunOptions = {}): Promise<Matrix> => {
  checkShapes(a, b);
  const d = a.columns;
  const result: Matrix = { data: new Float32Array(a.rows * b.rows), rows: a.rows, columns: b.rows };
  const [partsA, partsB] = [chunks(a.rows, d * 4), chunks(b.rows, d * 12)];
  const layout = new Layout();
  const aAt = layout.take(partsA.size * d * 4);
  const bAt = layout.take(partsB.size * d * 4);
  const panelsAt = layout.take(Math.ceil(partsB.size / 4) * 32 * d);
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(MATMUL_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  try {
    for (const partB of partsB.list) {
      new Float32Array(session.buffer, bAt).set(b.data.subarray(partB.start * d, partB.end * d));
      session.kernels.kernels.panels64(bAt, partB.end - partB.start, d, panelsAt);
      for (const partA of partsA.list) {
        const copy = new Float32Array(session.buffer, aAt, (partA.end - partA.start) * d);
        let [row, column] = [partA.start, partB.start];
        const next = (): { args: MatmulTask; done: number } | undefined => {
          if (row >= partA.end) return undefined;
          const rows = Math.min(MATMUL_ROWS, partA.end - row);
          // Rows are copied as they are needed, so that lanes multiply some while this thread copies the next.
          if (column === partB.start) copy.set(a.data.subarray(row * d, (row + rows) * d), (row - partA.start) * d);
          const args: MatmulTask = {
            aAt: aAt + (row - partA.start) * d * 4,
            rows,
            panelsAt: panelsAt + (column - partB.start) * d * 8,
            columns: Math.min(MATMUL_COLUMNS, partB.end - column),
            d,
            row,
            column,
          };
          const done = (partB.start * a.rows + (partB.end - partB.start) * row) / (a.rows * b.rows);
          column += MATMUL_COLUMNS;
          if (column >= partB.end) [row, column] = [row + MATMUL_ROWS, partB.start];
          return { args, done };
        };
        await session.run(
          'matmul',
          next,
          ({ row, column, rows, columns, stride, data }) => {
            for (let i = 0; i < rows; i++) {
              result.data.set(data.subarray(i * stride, i * stride + columns), (row + i) * b.rows + column);
            }
          },
          options,
        );
      }
    }
    // A NaN or an infinity makes every sum of its row one, so that the operands, which are longer, are looked through
    // only where a sum is none, be it from fp32's end, or where there is no sum.
    if (result.data.length === 0 || !allFinite(result.data)) {
      checkFinite(a, 'first');
      checkFinite(b, 'second');
    }
    options.progress?.(1);
    return result;
  } finally {
    session.close();
  }
};
