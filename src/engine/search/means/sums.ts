import type { Matrix, MeansOptions, RunOptions } from '../../engine.ts';
import { chunks, Layout } from '../memory.ts';
import type { Sessions } from '../session.ts';
import type { PackResult, PackTask } from './pack-task.ts';
import { PAIR_SUM_SCRATCH, type PairSumTask } from './pair-sum-task.ts';
import {
  PANEL_ROWS,
  type Packed,
  SKETCH_ROWS,
  SUM_COLUMNS,
  SUM_COLUMNS16,
  type SumTask,
  sumScratch,
} from './sum-task.ts';

/** Per row of e the sums over rows of x of max(x·e, 0) and |x·e|. */
export interface Sums {
  relu: Float64Array;
  abs: Float64Array;
  /** Where asked for: sums of squares, of products as they were rounded. */
  squares?: { relu: Float64Array; abs: Float64Array } | undefined;
}

/**
 * What 16-bit rounding did: steps of the rows of x, and of each row of e its step, its norm, and the norm of what was
 * lost.
 */
export interface Rounding {
  stepsX: Float64Array;
  steps: Float64Array;
  norms: Float64Array;
  residual: Float64Array;
}

/** What is summed apart in the pass of fp32 products: SKETCH_ROWS rows of a sketch, and some rows of x. */
export interface Apart {
  sketch: Matrix;
  picked: Matrix;
}

/** Per row of e the sums of |g·e| over the sketch's rows g, and those of the picked rows in fp32 and in fp64. */
export interface ApartSums {
  sketch: Float64Array;
  coarse: Pick<Sums, 'relu' | 'abs'>;
  fine: Pick<Sums, 'relu' | 'abs'>;
}

/** Rows that are packed at a time: whole panels. */
const PACK_ROWS = 1024;
/** Rows of e in a task that scores each pair by itself. */
const PAIR_COLUMNS = 16;

interface Part {
  start: number;
  end: number;
}

/** Sums of packed products; where they are fp32 ones, also of what is summed apart. */
export const packedSums = async (
  sessions: Sessions,
  x: Matrix,
  e: Matrix,
  products: Packed,
  options: MeansOptions,
  apart?: Apart,
): Promise<Sums & { apart?: ApartSums; rounding: Rounding }> => {
  const d = x.columns;
  const [partsX, partsE] = [chunks(x.rows, d * 8), chunks(e.rows, d * 12)];
  const layout = new Layout();
  const most = Math.max(partsX.size, partsE.size, apart ? Math.max(SKETCH_ROWS, apart.picked.rows) : 0);
  const rowsAt = layout.take(most * d * 4);
  const indexAt = layout.take(most * 4);
  const factorAt = layout.take(most * 8);
  // Bytes of one row of e as it is packed, and rows that are packed together.
  const width = { f64: d * 8, f32: d * 4, i16: 4 * Math.ceil(d / 2) }[products];
  const panel = PANEL_ROWS[products];
  const [scaleX, scaleE] = [layout.take(8 * padded(partsX.size, 16)), layout.take(8 * padded(partsE.size, 16))];
  const xAt = layout.take(padded(partsX.size, 16) * (products === 'i16' ? width : d * 4));
  const apartAt = apart && {
    sketchAt: layout.take(SKETCH_ROWS * d * 4),
    picked: {
      panelsAt: layout.take(padded(apart.picked.rows, 8) * d * 4),
      rowsAt: layout.take(apart.picked.rows * d * 4),
      rows: apart.picked.rows,
    },
  };
  const eAt = layout.take(padded(partsE.size, panel) * width);
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(sumScratch(d, apart !== undefined)));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  const each = () => ({ relu: new Float64Array(e.rows), abs: new Float64Array(e.rows) });
  const { relu, abs } = each();
  const squares = options.squares ? each() : undefined;
  const summedApart = apart && { sketch: new Float64Array(e.rows), coarse: each(), fine: each() };
  const [roundedX, roundedE] = products === 'i16' ? [x.rows, e.rows] : [0, 0];
  const rounding: Rounding = {
    stepsX: new Float64Array(roundedX),
    steps: new Float64Array(roundedE),
    norms: new Float64Array(roundedE),
    residual: new Float64Array(roundedE),
  };
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
        return { args: { products, ...places, rows, d, first, row: start + at }, done: 0 };
      };
      const rounded = ({ row, norms, residual }: PackResult): void => {
        if (products !== 'i16' || first) return;
        rounding.norms.set(norms, row);
        rounding.residual.set(residual, row);
      };
      await session.run('pack', next, rounded, { signal: options.signal });
      if (products !== 'i16') return;
      (first ? rounding.stepsX : rounding.steps).set(new Float64Array(buffer, scaleAt, end - start), start);
    };
    if (apart && apartAt) {
      const { sketchAt, picked } = apartAt;
      await load(apart.sketch, { start: 0, end: SKETCH_ROWS }, true, sketchAt, scaleX);
      await load(apart.picked, { start: 0, end: picked.rows }, true, picked.panelsAt, scaleX);
      new Float32Array(buffer, picked.rowsAt).set(apart.picked.data);
    }
    const step = products === 'i16' ? SUM_COLUMNS16 : SUM_COLUMNS;
    for (const partX of partsX.list) {
      const rows = partX.end - partX.start;
      if (products === 'f64') new Float32Array(buffer, xAt).set(x.data.subarray(partX.start * d, partX.end * d));
      else await load(x, partX, true, xAt, scaleX);
      for (const partE of partsE.list) {
        const columns = partE.end - partE.start;
        await load(e, partE, false, eAt, scaleE);
        const scale = products === 'i16' ? new Float64Array(buffer, scaleE, columns) : undefined;
        let column = 0;
        const next = (): { args: SumTask; done: number } | undefined => {
          if (column >= columns) return undefined;
          const args: SumTask = {
            xAt,
            scaleAt: scaleX,
            rows,
            ...(apartAt && partX.start === 0 && { apart: { ...apartAt, storedAt: rowsAt + column * d * 4 } }),
            eAt: eAt + column * width,
            columns: Math.min(step, columns - column),
            d,
            products,
            column: partE.start + column,
            ...(squares && { squares: true }),
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
            add(squares, sums.squares, sums.column);
            if (summedApart && sums.apart) put(summedApart, sums.apart, sums.column);
          },
          options,
        );
      }
    }
  } finally {
    session.close();
  }
  return { relu, abs, squares, ...(summedApart && { apart: summedApart }), rounding };
};

/** Puts what a task summed apart where rows of e from `at` on have theirs. */
const put = (to: ApartSums, { sketch, coarse, fine }: ApartSums, at: number): void => {
  to.sketch.set(sketch, at);
  for (const which of ['relu', 'abs'] as const) {
    to.coarse[which].set(coarse[which], at);
    to.fine[which].set(fine[which], at);
  }
};

/** Adds what a task found to the sums from row `at` on. */
const add = (to: Sums['squares'], found: Sums['squares'], at: number): void => {
  if (!to || !found) return;
  for (let j = 0; j < found.abs.length; j++) {
    to.relu[at + j] += found.relu[j];
    to.abs[at + j] += found.abs[j];
  }
};

const padded = (rows: number, panel: number): number => panel * Math.ceil(rows / panel);

/** Sums of scores that are computed pair by pair in fp64: slow, and right for any finite rows. */
export const pairSums = async (sessions: Sessions, x: Matrix, e: Matrix, options: RunOptions): Promise<Sums> => {
  const d = x.columns;
  const [partsX, partsE] = [chunks(x.rows, d * 4), chunks(e.rows, d * 4)];
  const layout = new Layout();
  const xAt = layout.take(partsX.size * d * 4);
  const eAt = layout.take(partsE.size * d * 4);
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(PAIR_SUM_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  const [relu, abs] = [new Float64Array(e.rows), new Float64Array(e.rows)];
  const squares = { relu: new Float64Array(e.rows), abs: new Float64Array(e.rows) };
  try {
    for (const partX of partsX.list) {
      const rows = partX.end - partX.start;
      new Float32Array(session.buffer, xAt).set(x.data.subarray(partX.start * d, partX.end * d));
      for (const { start, end } of partsE.list) {
        new Float32Array(session.buffer, eAt).set(e.data.subarray(start * d, end * d));
        let from = 0;
        const next = (): { args: PairSumTask; done: number } | undefined => {
          if (from >= end - start) return undefined;
          const to = Math.min(from + PAIR_COLUMNS, end - start);
          const args: PairSumTask = { xAt, rows, eAt, from, to, d };
          from = to;
          return { args, done: (partX.start * e.rows + rows * (start + to)) / (x.rows * e.rows) };
        };
        await session.run(
          'pairSums',
          next,
          (sums) => {
            for (let j = 0; j < sums.relu.length; j++) {
              relu[start + sums.from + j] += sums.relu[j];
              abs[start + sums.from + j] += sums.abs[j];
            }
            add(squares, sums.squares, start + sums.from);
          },
          options,
        );
      }
    }
  } finally {
    session.close();
  }
  return { relu, abs, squares };
};
