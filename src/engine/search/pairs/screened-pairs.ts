import type { Pairs } from '../../engine.ts';
import { Layout } from '../memory.ts';
import type { Session, Sessions } from '../session.ts';
import { BestPairs } from './best-pairs.ts';
import { BLOCK_VALUES, largestProduct, readBox, type Screened } from './blocks.ts';
import { deliver } from './deliver.ts';
import type { PairSearch } from './pair-search.ts';
import { placeScreen, prepareScreen } from './screen.ts';
import { type ScreenPlan, type ScreenTask, screenScratch, TASK_BLOCKS } from './screen-task.ts';
import { placeSeed, seedThreshold } from './seed.ts';

/** Where few pairs are wanted: blocks in order of falling norm, screened in 8 bits, with a threshold that rises. */
export const screenedPairs = async (sessions: Sessions, search: PairSearch): Promise<Pairs> => {
  const { a, b, sign, k, low, high, everything, after, options } = search;
  const layout = new Layout();
  const places = placeScreen(layout, a, b, options);
  // A bound above or a place to go on from leaves unknown how many of the seeds count.
  const seeded = high === Number.POSITIVE_INFINITY && !after && !options.visit && k > 0 && k < a.rows * b.rows;
  const seeds = seeded ? placeSeed(layout, a, b, k) : undefined;
  const scratch = Array.from({ length: sessions.lanes }, () => layout.take(screenScratch(a.columns)));
  const session = await sessions.open(layout.check(sessions.maxBytes), scratch);
  try {
    const best = new BestPairs(k, sign);
    const threshold = async (sideA: Screened, sideB: Screened): Promise<{ least: number; k: number | undefined }> => {
      const { exclude, signal } = options;
      if (seeds) best.least = await seedThreshold(session, seeds, sideA, sideB, a.columns, k, sign, exclude, signal);
      return { least: everything ? best.least : low, k: everything ? k : undefined };
    };
    const plan = await prepareScreen(session, places, a, b, options, sign, threshold, options);
    return await walk(session, plan, best, search);
  } finally {
    session.close();
  }
};

const walk = async (session: Session, plan: ScreenPlan, best: BestPairs, search: PairSearch): Promise<Pairs> => {
  const { sign, low, high, everything, after, options } = search;
  let count = everything ? plan.a.count * plan.b.count : 0;
  const groups = groupPairs(session, plan);
  let position = 0;
  const next = (): { args: ScreenTask; done: number } | undefined => {
    if (everything && best.k === 0) return undefined;
    if (position >= groups.length) return undefined;
    const { bound, firstA, endA, firstB, endB } = groups[position++];
    best.tighten();
    const least = options.visit ? Number.NEGATIVE_INFINITY : best.least;
    // Groups come by falling bound, so the first that cannot reach ends the search.
    if (bound < (everything ? least : low) * plan.scale) return undefined;
    const selection = { sign, low, high, least, after };
    return {
      args: { plan, selection, counting: !everything, firstA, endA, firstB, endB },
      done: position / groups.length,
    };
  };
  await session.run(
    'screen',
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

interface Group {
  bound: number;
  firstA: number;
  endA: number;
  firstB: number;
  endB: number;
}

/** Pairs of groups of blocks by falling bound of their products. */
const groupPairs = (session: Session, { a, b, defect }: ScreenPlan): Group[] => {
  const groups = (side: Screened) => {
    const blocks = Math.ceil(side.count / side.blockRows);
    const values = new Float64Array(session.buffer, side.blocksAt, blocks * BLOCK_VALUES);
    return Array.from({ length: Math.ceil(blocks / TASK_BLOCKS) }, (_, g) => {
      const [first, end] = [g * TASK_BLOCKS, Math.min(blocks, (g + 1) * TASK_BLOCKS)];
      const box = readBox(values, first);
      for (let block = first + 1; block < end; block++) {
        const { size, error, norm, low, high, tail } = readBox(values, block);
        box.size = Math.max(box.size, size);
        box.error = Math.max(box.error, error);
        box.norm = Math.max(box.norm, norm);
        box.low = Math.min(box.low, low);
        box.high = Math.max(box.high, high);
        box.tail = Math.max(box.tail, tail);
      }
      return { first, end, box };
    });
  };
  const [groupsA, groupsB] = [groups(a), groups(b)];
  return groupsA
    .flatMap((p) =>
      groupsB.map((q) => ({
        bound: largestProduct(p.box, q.box) + defect * p.box.norm * q.box.norm,
        firstA: p.first,
        endA: p.end,
        firstB: q.first,
        endB: q.end,
      })),
    )
    .sort((p, q) => q.bound - p.bound);
};
