import { notFinite } from '../check.ts';
import type { Matrix, RunOptions } from '../engine.ts';
import { scaleFor } from './bounds.ts';
import type { Layout } from './memory.ts';
import type { PrepareTask } from './prepare-task.ts';
import { balancedRotation, identity } from './rotation.ts';
import { BLOCK_A, BLOCK_B, BLOCK_VALUES, type Screened, type ScreenPlan, screenPairs } from './screen-task.ts';
import type { Session } from './session.ts';

/** Rows of either factor that its Gram matrix is taken from: enough for a rotation that prunes. */
const GRAM_ROWS = 6144;

interface Places {
  a: Screened;
  b: Screened;
  maskA: number | undefined;
  maskB: number | undefined;
  grams: [number, number];
  matrices: [number, number];
}

/** Places for both factors of a pair search. */
export const placeScreen = (
  layout: Layout,
  a: Matrix,
  b: Matrix,
  masks: { maskA?: Uint8Array; maskB?: Uint8Array },
): Places => {
  const d = a.columns;
  const stride = 4 * Math.ceil(d / 4);
  const pairs = screenPairs(d);
  const side = ({ rows }: Matrix, blockRows: number): Screened => {
    const blocks = Math.ceil(rows / blockRows);
    return {
      rowsAt: layout.take(rows * d * 4),
      rotatedAt: layout.take(rows * stride * 4),
      normAt: layout.take(rows * 8),
      sizeAt: layout.take(rows * 8),
      errorAt: layout.take(rows * 8),
      orderAt: layout.take(blocks * blockRows * 4),
      count: 0,
      packedAt: layout.take(blocks * blockRows * pairs * 2),
      offsetAt: layout.take(blocks * blockRows * 2),
      blocksAt: layout.take(blocks * BLOCK_VALUES * 8),
      blockRows,
    };
  };
  const gram = () => layout.take(64 * Math.ceil(d / 8) + d * d * 8);
  const matrix = () => layout.take(stride * d * 8);
  return {
    a: side(a, BLOCK_A),
    b: side(b, BLOCK_B),
    maskA: masks.maskA && layout.take(a.rows),
    maskB: masks.maskB && layout.take(b.rows),
    grams: [gram(), gram()],
    matrices: [matrix(), matrix()],
  };
};

/** Runs `list` as tasks of the session. */
const runAll = (
  session: Session,
  list: PrepareTask[],
  options: RunOptions,
  result: Parameters<typeof session.run<'prepare'>>[2] = () => {},
): Promise<void> => {
  let position = 0;
  const next = () => (position < list.length ? { args: list[position++], done: 0 } : undefined);
  return session.run('prepare', next, result, { signal: options.signal });
};

/** Parts of `rows` for the lanes. */
const parts = (rows: number, size: number): { from: number; to: number }[] =>
  Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({ from: i * size, to: Math.min(rows, (i + 1) * size) }));

/** Copies both factors in; rotates, sorts and packs them. */
export const prepareScreen = async (
  session: Session,
  places: Places,
  a: Matrix,
  b: Matrix,
  masks: { maskA?: Uint8Array; maskB?: Uint8Array },
  sign: number,
  options: RunOptions,
): Promise<ScreenPlan> => {
  const d = a.columns;
  const stride = 4 * Math.ceil(d / 4);
  const pairs = screenPairs(d);
  const { buffer } = session;
  const sides = [
    { matrix: a, side: places.a, mask: masks.maskA, maskAt: places.maskA, which: 'first' },
    { matrix: b, side: places.b, mask: masks.maskB, maskAt: places.maskB, which: 'second' },
  ] as const;

  for (const { matrix, side, mask, maskAt } of sides) {
    new Float32Array(buffer, side.rowsAt, matrix.data.length).set(matrix.data);
    if (mask && maskAt !== undefined) new Uint8Array(buffer, maskAt, matrix.rows).set(mask);
  }
  const scales = [1, 1];
  for (const [i, { matrix, side, which }] of sides.entries()) {
    let largest = 0;
    const steps = parts(matrix.rows, 8192).map((part) => ({ step: 'norms' as const, side, ...part, d }));
    await runAll(session, steps, options, (result) => {
      if (result.bad >= 0) throw notFinite(matrix, result.bad, which);
      largest = Math.max(largest, result.largest);
    });
    scales[i] = scaleFor(largest);
  }

  await runAll(
    session,
    sides.map(({ matrix, side }, i) => ({
      step: 'gram',
      side,
      from: 0,
      to: matrix.rows,
      d,
      every: Math.ceil(matrix.rows / GRAM_ROWS) || 1,
      scale: scales[i],
      at: places.grams[i],
    })),
    options,
  );
  const grams = places.grams.map((at) => new Float64Array(buffer, at + 64 * Math.ceil(d / 8), d * d).slice());
  // Short rows are screened whole: nothing is gained by a rotation.
  const rotation = d <= 2 * pairs - 3 ? identity(d) : balancedRotation(grams[0], grams[1], d);
  for (const [i, matrix] of [rotation.t, rotation.s].entries()) {
    const panels = new Float64Array(buffer, places.matrices[i], stride * d);
    const by = scales[i] * (i === 0 ? sign : 1);
    panels.forEach((_, at) => {
      const [panel, inside] = [Math.floor(at / (4 * d)), at % (4 * d)];
      const [t, u] = [inside >> 2, 4 * panel + (inside & 3)];
      panels[at] = u < d ? matrix[t * d + u] * by : 0;
    });
  }

  await runAll(
    session,
    sides.flatMap(({ matrix, side }, i) =>
      parts(matrix.rows, 4096).map((part) => ({
        step: 'rotate' as const,
        side,
        ...part,
        d,
        stride,
        matrixAt: places.matrices[i],
        scale: scales[i],
        normOfMatrix: i === 0 ? rotation.normT : rotation.normS,
      })),
    ),
    options,
  );
  const counted: Screened[] = [];
  for (const { matrix, side, maskAt } of sides) {
    const step: PrepareTask = { step: 'sort', side, from: 0, to: 0, rows: matrix.rows, maskAt };
    await runAll(session, [step], options, ({ count }) => counted.push({ ...side, count }));
  }
  await runAll(
    session,
    counted.flatMap((side, i) =>
      parts(Math.ceil(side.count / side.blockRows), 4096 / side.blockRows).map((part) => ({
        step: 'pack' as const,
        side,
        ...part,
        d,
        stride,
        pairs,
        first: i === 0,
      })),
    ),
    options,
  );
  return {
    a: counted[0],
    b: counted[1],
    d,
    stride,
    pairs,
    scale: scales[0] * scales[1],
    defect: rotation.defect,
  };
};
