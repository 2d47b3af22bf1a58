import { checkTopRows } from '../check.ts';
import type { Matrix, Ranked, RunOptions, TopRows, TopRowsOptions } from '../engine.ts';
import { chunks, Layout } from './memory.ts';
import { loadOperand, type Operand, placeOperand } from './operand.ts';
import { ROW_SCRATCH, ROWS_X, type RowTask } from './row-task.ts';
import type { Sessions } from './session.ts';

/** Best tokens per row and best rows per token. */
export const topRows = async (sessions: Sessions, x: Matrix, e: Matrix, options: TopRowsOptions): Promise<TopRows> => {
  checkTopRows(x, e, options);
  const { mask, divisor, columns } = options;
  const passes: { name: keyof TopRows; run: (pass: RunOptions) => Promise<Ranked> }[] = [];
  const ends = (ends: TopRowsOptions['ends']) =>
    ends === 'both' ? (['top', 'bottom'] as const) : ([ends ?? 'top'] as const);
  for (const end of ends(options.ends)) {
    const ask = { k: options.k, sign: end === 'top' ? 1 : -1, maskE: mask, divisorE: divisor };
    passes.push({ name: end, run: (pass) => rank(sessions, x, e, { ...ask, ...pass }) });
  }
  for (const end of columns ? ends(columns.ends) : []) {
    const ask = { k: columns!.k, sign: end === 'top' ? 1 : -1, maskX: mask, divisorX: divisor };
    const name = end === 'top' ? 'columnTop' : 'columnBottom';
    passes.push({ name, run: (pass) => rank(sessions, e, x, { ...ask, ...pass }) });
  }
  const result: TopRows = {};
  for (const [i, { name, run }] of passes.entries()) {
    const progress = (done: number) => options.progress?.((i + done) / passes.length);
    result[name] = await run({ signal: options.signal, progress });
  }
  return result;
};

interface Ask extends RunOptions {
  k: number;
  sign: number;
  maskX?: Uint8Array;
  maskE?: Uint8Array;
  divisorX?: Float64Array;
  divisorE?: Float64Array;
}

/** Best k rows of e for each unmasked row of x. */
const rank = async (sessions: Sessions, x: Matrix, e: Matrix, ask: Ask): Promise<Ranked> => {
  const d = x.columns;
  const available = ask.maskE ? ask.maskE.reduce((n, byte) => n + (byte ? 1 : 0), 0) : e.rows;
  const k = Math.min(ask.k, available);
  const index = new Uint32Array(x.rows * k).fill(0xffffffff);
  const score = new Float64Array(x.rows * k).fill(Number.NaN);
  const [partsX, partsE] = [chunks(x.rows, d * 8), chunks(e.rows, d * 8)];
  const rowsOf = (m: Matrix, { start, end }: { start: number; end: number }): Matrix => ({
    ...m,
    data: m.data.subarray(start * d, end * d),
    rows: end - start,
  });
  const layout = new Layout();
  const placeX = placeOperand(layout, { ...x, rows: partsX.size });
  const placeE = placeOperand(layout, { ...e, rows: partsE.size });
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(ROW_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  try {
    for (const [partIndex, partE] of partsE.list.entries()) {
      const { start, end } = partE;
      const operandE = loadOperand(
        session,
        placeE,
        rowsOf(e, partE),
        ask.maskE?.subarray(start, end),
        1,
        'second',
        ask.divisorE?.subarray(start, end),
        start,
      );
      for (const partX of partsX.list) {
        const divisorX = ask.divisorX?.subarray(partX.start, partX.end);
        const operandX = loadOperand(
          session,
          placeX,
          rowsOf(x, partX),
          ask.maskX?.subarray(partX.start, partX.end),
          ask.sign,
          'first',
          divisorX,
          partX.start,
        );
        if (k === 0) continue;
        let position = 0;
        const next = (): { args: RowTask; done: number } | undefined => {
          if (position >= operandX.count) return undefined;
          const count = Math.min(ROWS_X, operandX.count - position);
          const side = (o: Operand, start: number, count: number) => ({
            rowsAt: o.rowsAt,
            indexAt: o.indexAt,
            panelsAt: o.panelsAt,
            start,
            count,
            norms: o.norms.slice(start, start + count),
            divisor: o.divisor?.slice(start, start + count),
          });
          const args: RowTask = {
            x: side(operandX, position, count),
            e: side(operandE, 0, operandE.count),
            d,
            sign: ask.sign,
            k,
          };
          position += count;
          const inside = (partX.start + position) / x.rows;
          return { args, done: (partIndex + Math.min(1, inside)) / partsE.list.length };
        };
        await session.run(
          'rows',
          next,
          ({ rows, lists }) => {
            for (const [i, list] of lists.entries()) {
              merge(index, score, (partX.start + rows[i]) * k, k, ask.sign, list, start);
            }
          },
          ask,
        );
      }
    }
  } finally {
    session.close();
  }
  ask.progress?.(1);
  return { k, index, score };
};

/** Merges a sorted list (indices from `offset` on) into the sorted list at `at`; unfilled places hold NaN. */
const merge = (
  index: Uint32Array,
  score: Float64Array,
  at: number,
  k: number,
  sign: number,
  list: { index: Uint32Array; score: Float64Array },
  offset: number,
): void => {
  const oldIndex = index.slice(at, at + k);
  const oldScore = score.slice(at, at + k);
  for (let rank = 0, p = 0, q = 0; rank < k; rank++) {
    const [hasOld, hasNew] = [p < k && !Number.isNaN(oldScore[p]), q < list.score.length];
    if (!hasOld && !hasNew) return;
    // Chunks come by rising index, so at equal scores the older entry is first.
    if (hasOld && (!hasNew || sign * oldScore[p] >= sign * list.score[q])) {
      index[at + rank] = oldIndex[p];
      score[at + rank] = oldScore[p++];
    } else {
      index[at + rank] = offset + list.index[q];
      score[at + rank] = list.score[q++];
    }
  }
};
