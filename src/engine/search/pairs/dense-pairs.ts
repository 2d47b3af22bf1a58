import type { Pairs } from '../../engine.ts';
import { Layout } from '../memory.ts';
import type { Session, Sessions } from '../session.ts';
import { BestPairs } from './best-pairs.ts';
import { deliver } from './deliver.ts';
import { loadOperand, type Operand, placeOperand } from './operand.ts';
import type { PairSearch } from './pair-search.ts';
import { PAIR_SCRATCH, type PairBlock, type PairTask, TILE_A, TILE_B } from './pair-task.ts';

/** Where many pairs are wanted: every block that can hold one, in fp32. */
export const densePairs = async (sessions: Sessions, search: PairSearch): Promise<Pairs> => {
  const { a, b, sign, options } = search;
  const layout = new Layout();
  const [placeA, placeB] = [placeOperand(layout, a), placeOperand(layout, b)];
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(PAIR_SCRATCH));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  try {
    const operandA = await loadOperand(session, placeA, a, options.maskA, sign, 'first', options.signal);
    const operandB = await loadOperand(session, placeB, b, options.maskB, 1, 'second', options.signal);
    return await walk(session, operandA, operandB, search);
  } finally {
    session.close();
  }
};

const walk = async (session: Session, a: Operand, b: Operand, search: PairSearch): Promise<Pairs> => {
  const { sign, low, high, k, everything, after, options } = search;
  const d = search.a.columns;
  const { visit } = options;
  const best = new BestPairs(k, sign);
  const scale = a.scale * b.scale;
  let count = everything ? a.count * b.count : 0;

  const side = (x: Operand, start: number, most: number): PairBlock => {
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
        selection: { sign, low, high, least, after },
        counting: !everything,
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
      deliver(result, best, options);
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
