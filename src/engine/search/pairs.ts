import { checkTopPairs } from '../check.ts';
import type { Matrix, PairOptions, Pairs } from '../engine.ts';
import { BestPairs } from './best-pairs.ts';
import { Layout } from './memory.ts';
import { loadOperand, type Operand, placeOperand } from './operand.ts';
import { PAIR_SCRATCH, type PairTask, type Side, TILE_A, TILE_B } from './pair-task.ts';
import type { Session, Sessions } from './session.ts';

/** Best pairs of A·Bᵀ: blocks in order of falling norm, screened, rescored, with a threshold that rises. */
export const topPairs = async (sessions: Sessions, a: Matrix, b: Matrix, options: PairOptions): Promise<Pairs> => {
  checkTopPairs(a, b, options);
  const { limitPerFirst, limitPerSecond } = options;
  const layout = new Layout();
  const [placeA, placeB] = [placeOperand(layout, a), placeOperand(layout, b)];
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(PAIR_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  try {
    const sign = options.end === 'bottom' ? -1 : 1;
    const operandB = loadOperand(session, placeB, b, options.maskB, 1, 'second');
    const round = (options: PairOptions, after?: PairTask['after']): Promise<Pairs> => {
      const operandA = loadOperand(session, placeA, a, options.maskA, sign, 'first');
      return search(session, operandA, operandB, a.columns, sign, options, after);
    };
    return limitPerFirst === undefined && limitPerSecond === undefined
      ? await round(options)
      : await limitedSearch(round, a.rows, b.rows, options);
  } finally {
    session.close();
  }
};

const search = async (
  session: Session,
  a: Operand,
  b: Operand,
  d: number,
  sign: number,
  options: PairOptions,
  after: PairTask['after'],
): Promise<Pairs> => {
  const { exclude, visit } = options;
  const k = options.k ?? (visit ? 0 : Number.POSITIVE_INFINITY);
  const above = options.above ?? Number.NEGATIVE_INFINITY;
  const below = options.below ?? Number.POSITIVE_INFINITY;
  const [low, high] = sign > 0 ? [above, below] : [-below, -above];
  // Without a threshold the selection is every pair, which needs no counting.
  const everything = low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;
  const best = new BestPairs(k, sign);
  const scale = a.scale * b.scale;
  let count = everything ? a.count * b.count : 0;

  const side = (x: Operand, start: number, most: number): Side => {
    const rows = Math.min(most, x.count - start);
    const { rowsAt, indexAt, panelsAt } = x;
    return { rowsAt, indexAt, panelsAt, start, rows, norms: x.norms.slice(start, start + rows) };
  };
  const blocks = blockPairs(a, b);
  let position = 0;
  const next = (): { args: PairTask; done: number } | undefined => {
    while (position < blocks.length) {
      const { startA, startB, bound } = blocks[position++];
      best.tighten();
      const least = visit ? Number.NEGATIVE_INFINITY : best.least;
      const needed = everything ? least : low;
      if (!visit && everything && k === 0) continue;
      // Blocks come by falling bound, so the first that cannot reach ends the search.
      if (bound < needed * scale) return undefined;
      const args: PairTask = {
        a: side(a, startA, TILE_A),
        b: side(b, startB, TILE_B),
        d,
        scale,
        sign,
        low,
        high,
        least,
        counting: !everything,
        after,
      };
      return { args, done: position / blocks.length };
    }
    return undefined;
  };

  await session.run(
    'pairs',
    next,
    (result) => {
      if (!everything) count += result.count;
      const batch = exclude ? without(result, exclude) : { ...result, length: result.score.length };
      if (visit && batch.length > 0) visit(batch);
      if (k > 0) for (let p = 0; p < batch.length; p++) best.add(batch.first[p], batch.second[p], batch.score[p]);
    },
    options,
  );
  options.progress?.(1);
  return { ...best.sorted(), count };
};

/** All pairs of blocks by falling product of their largest norms. The bound is rounded up a little. */
const blockPairs = (a: Operand, b: Operand): { startA: number; startB: number; bound: number }[] => {
  const blocks = [];
  for (let startA = 0; startA < a.count; startA += TILE_A) {
    for (let startB = 0; startB < b.count; startB += TILE_B) {
      blocks.push({ startA, startB, bound: a.norms[startA] * b.norms[startB] * (1 + 1e-9) });
    }
  }
  return blocks.sort((p, q) => q.bound - p.bound);
};

const without = (
  { first, second, score }: { first: Uint32Array; second: Uint32Array; score: Float64Array },
  exclude: (first: number, second: number) => boolean,
) => {
  let length = 0;
  for (let p = 0; p < score.length; p++) {
    if (exclude(first[p], second[p])) continue;
    first[length] = first[p];
    second[length] = second[p];
    score[length++] = score[p];
  }
  return {
    length,
    first: first.subarray(0, length),
    second: second.subarray(0, length),
    score: score.subarray(0, length),
  };
};

/**
 * Limits, greedy in list order: the best pairs come in rounds; a row listed as often as allowed is masked, and the next
 * round goes on after the last pair seen. Every round lists at least its first pair, so memory stays O(rows + k).
 */
const limitedSearch = async (
  round: (options: PairOptions, after?: PairTask['after']) => Promise<Pairs>,
  rowsA: number,
  rowsB: number,
  options: PairOptions,
): Promise<Pairs> => {
  const { visit, limitPerFirst = Number.POSITIVE_INFINITY, limitPerSecond = Number.POSITIVE_INFINITY } = options;
  const sign = options.end === 'bottom' ? -1 : 1;
  const wanted = options.k ?? (visit ? 0 : Number.POSITIVE_INFINITY);
  const size = Math.min(Math.max(4 * wanted, 1024), 1_000_000);
  const [usesA, usesB] = [new Uint32Array(rowsA), new Uint32Array(rowsB)];
  const maskA = options.maskA?.slice() ?? new Uint8Array(rowsA).fill(1);
  const maskB = options.maskB?.slice() ?? new Uint8Array(rowsB).fill(1);
  const none = wanted === 0 || limitPerFirst === 0 || limitPerSecond === 0;
  const taken: [number, number, number][] = [];

  let found = await round({ ...options, k: none ? 0 : size });
  const { count } = found;
  while (taken.length < wanted && found.length > 0) {
    for (let p = 0; p < found.length && taken.length < wanted; p++) {
      const [first, second] = [found.first[p], found.second[p]];
      if (!maskA[first] || !maskB[second]) continue;
      taken.push([first, second, found.score[p]]);
      if (++usesA[first] >= limitPerFirst) maskA[first] = 0;
      if (++usesB[second] >= limitPerSecond) maskB[second] = 0;
    }
    if (found.length < size || taken.length === wanted) break;
    const last = found.length - 1;
    const after = { value: sign * found.score[last], first: found.first[last], second: found.second[last] };
    found = await round({ ...options, maskA, maskB, visit: undefined, progress: undefined, k: size }, after);
  }
  return {
    length: taken.length,
    first: Uint32Array.from(taken, ([first]) => first),
    second: Uint32Array.from(taken, ([, second]) => second),
    score: Float64Array.from(taken, ([, , score]) => score),
    count,
  };
};
