import { notFinite } from '../../check.ts';
import type { Matrix, RunOptions } from '../../engine.ts';
import { rotationError, scaleFor } from '../bounds.ts';
import type { Layout } from '../memory.ts';
import type { Session } from '../session.ts';
import { BLOCK_A, BLOCK_B, BLOCK_VALUES, type Screened } from './blocks.ts';
import { lookAhead, mostPairs } from './outlook.ts';
import type { PrepareTask } from './prepare-task.ts';
import { balancedRotation, identity } from './rotation.ts';
import type { ScreenPlan } from './screen-task.ts';

/** Rows of either factor that its Gram matrix is taken from: enough for a rotation that prunes. */
const GRAM_ROWS = 6144;

/** Rows up to this length are not rotated: the smallest screen has all of their dimensions. */
const SHORT = 13;

/** Rows that a task measures or rotates. */
const PART = 4096;

interface Places {
  a: Screened;
  b: Screened;
  maskA: number | undefined;
  maskB: number | undefined;
  /** The rotations of a and of b, packed in panels for `product32`. */
  rotations: [number, number];
}

const strideOf = (d: number): number => 8 * Math.ceil(d / 8);

/** Places for both factors of a pair search. */
export const placeScreen = (
  layout: Layout,
  a: Matrix,
  b: Matrix,
  masks: { maskA?: Uint8Array; maskB?: Uint8Array },
): Places => {
  const d = a.columns;
  const stride = strideOf(d);
  const pairs = mostPairs(d);
  const side = ({ rows }: Matrix, blockRows: number): Screened => {
    const blocks = Math.ceil(rows / blockRows);
    // A product of whole panels writes whole panels.
    const whole = 8 * Math.ceil(rows / 8);
    return {
      rowsAt: layout.take(rows * d * 4),
      rotatedAt: layout.take(whole * stride * 4),
      sortedAt: layout.take(rows * stride * 4),
      normAt: layout.take(rows * 8),
      sizeAt: layout.take(rows * 8),
      orderAt: layout.take(blocks * blockRows * 4),
      count: 0,
      packedAt: layout.take(blocks * blockRows * pairs * 2),
      offsetAt: layout.take(blocks * blockRows * 2),
      blocksAt: layout.take(blocks * BLOCK_VALUES * 8),
      blockRows,
    };
  };
  return {
    a: side(a, BLOCK_A),
    b: side(b, BLOCK_B),
    maskA: masks.maskA && layout.take(a.rows),
    maskB: masks.maskB && layout.take(b.rows),
    rotations: [layout.take(stride * d * 4), layout.take(stride * d * 4)],
  };
};

/**
 * Runs `list` as tasks of the session; `before` prepares each on this thread, while the lanes work on those before it.
 */
const runAll = (
  session: Session,
  list: PrepareTask[],
  options: RunOptions,
  result: Parameters<typeof session.run<'prepare'>>[2] = () => {},
  before: (task: PrepareTask) => void = () => {},
): Promise<void> => {
  let position = 0;
  const next = () => {
    if (position >= list.length) return undefined;
    const args = list[position++];
    before(args);
    return { args, done: 0 };
  };
  return session.run('prepare', next, result, { signal: options.signal });
};

/** Parts of `rows` for the lanes. */
const parts = (rows: number, size: number): { from: number; to: number }[] =>
  Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({ from: i * size, to: Math.min(rows, (i + 1) * size) }));

/**
 * Copies both factors in; rotates, sorts and packs them. `threshold` gets both in falling size, and says which scores
 * the search begins with.
 */
export const prepareScreen = async (
  session: Session,
  places: Places,
  a: Matrix,
  b: Matrix,
  masks: { maskA?: Uint8Array; maskB?: Uint8Array },
  sign: number,
  threshold: (a: Screened, b: Screened) => Promise<{ least: number; k: number | undefined }>,
  options: RunOptions,
): Promise<ScreenPlan> => {
  const d = a.columns;
  const stride = strideOf(d);
  const { buffer } = session;
  const sides = [
    { which: 0, matrix: a, side: places.a, mask: masks.maskA, maskAt: places.maskA, sign },
    { which: 1, matrix: b, side: places.b, mask: masks.maskB, maskAt: places.maskB, sign: 1 },
  ] as const;
  for (const { matrix, mask, maskAt } of sides) {
    if (mask && maskAt !== undefined) new Uint8Array(buffer, maskAt, matrix.rows).set(mask);
  }

  const largest = [0, 0];
  const bad = [-1, -1];
  const grams = [new Float64Array(d * d), new Float64Array(d * d)];
  await runAll(
    session,
    sides.flatMap(({ which, matrix: { rows }, side }) => {
      const every = Math.ceil(rows / GRAM_ROWS) || 1;
      return parts(rows, PART).map((part) => ({ step: 'measure' as const, which, side, ...part, d, every }));
    }),
    options,
    (part) => {
      const { which } = part;
      largest[which] = Math.max(largest[which], part.largest);
      if (part.bad >= 0 && (bad[which] < 0 || part.bad < bad[which])) bad[which] = part.bad;
      for (let i = 0; i < d * d; i++) grams[which][i] += part.gram[i];
    },
    ({ side, from, to }) => {
      const { data } = side === places.a ? a : b;
      new Float32Array(buffer, side.rowsAt).set(data.subarray(from * d, to * d), from * d);
    },
  );
  if (bad[0] >= 0) throw notFinite(a, bad[0], 'first');
  if (bad[1] >= 0) throw notFinite(b, bad[1], 'second');

  const scales = largest.map(scaleFor);
  const scaled = grams.map((gram, i) => gram.map((sum) => sum * scales[i] * scales[i]));
  // Short rows are screened whole, and few pairs cost less than finding a rotation.
  const plain = d <= SHORT || 8 * a.rows * b.rows < d ** 3;
  const rotation = plain ? identity(d) : balancedRotation(scaled[0], scaled[1], d);
  placePanels(buffer, places.rotations[0], rotation.t, d);
  placePanels(buffer, places.rotations[1], rotation.s, d);

  await runAll(
    session,
    sides.flatMap(({ which, matrix: { rows }, side, sign }) =>
      parts(rows, PART).map((part) => ({
        step: 'rotate' as const,
        side,
        ...part,
        d,
        stride,
        panelsAt: places.rotations[which],
        scale: scales[which],
        sign,
        error: rotationError(d, which === 0 ? rotation.normT : rotation.normS),
      })),
    ),
    options,
  );
  const counts = [0, 0];
  const sort = (edges: [number[], number[]]): Promise<void> =>
    runAll(
      session,
      sides.map(({ which, matrix: { rows }, side, maskAt }) => {
        return { step: 'order', which, side, from: 0, to: rows, d, rows, maskAt, stride, edges: edges[which] };
      }),
      options,
      ({ which, count }) => {
        counts[which] = count;
      },
    );
  await sort([[], []]);
  const counted = sides.map(({ which, side }): Screened => ({ ...side, count: counts[which] }));
  const scale = scales[0] * scales[1];
  const { least, k } = await threshold(counted[0], counted[1]);
  const { pairs, edges } = lookAhead(buffer, counted[0], counted[1], d, stride, least * scale, k);
  if (edges[0].length > 0) await sort(edges);
  await runAll(
    session,
    counted.flatMap((side, i) =>
      parts(Math.ceil(side.count / side.blockRows), PART / side.blockRows).map((part) => ({
        step: 'pack' as const,
        side,
        ...part,
        d,
        stride,
        pairs,
        error: rotationError(d, i === 0 ? rotation.normT : rotation.normS),
        first: i === 0,
      })),
    ),
    options,
  );
  return { a: counted[0], b: counted[1], d, stride, pairs, scale, defect: rotation.defect };
};

/** Columns of a matrix [d, d] in panels of eight, as `product32` reads them, rounded to fp32. */
const placePanels = (buffer: ArrayBufferLike, at: number, matrix: Float64Array, d: number): void => {
  const panels = new Float32Array(buffer, at, strideOf(d) * d);
  for (let u = 0; u < strideOf(d); u++) {
    for (let t = 0; t < d; t++) panels[(u >> 3) * 8 * d + t * 8 + (u & 7)] = u < d ? matrix[t * d + u] : 0;
  }
};
