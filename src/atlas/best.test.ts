import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BestLists } from './best.ts';

it('keeps the best k of everything offered, in any order and with repeats, and tells what may be dropped', () => {
  const entries = fc.array(fc.record({ index: fc.nat(40), score: fc.integer({ min: -4, max: 4 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(
      entries,
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('+' as const, '-' as const),
      (given, k, sign) => {
        // An index has one score.
        const score = new Map(given.map(({ index, score }) => [index, score]));
        const direction = sign === '+' ? -1 : 1;
        const order = [...score].sort(([i, a], [j, b]) => direction * (a - b) || i - j).slice(0, k);
        const lists = new BestLists(1, k, sign);
        const kept = given.filter(({ index }) => lists.offer(0, index, score.get(index)!));
        const count = lists.counts[0];
        expect(Array.from(lists.index.subarray(0, count))).toEqual(order.map(([index]) => index));
        expect(Array.from(lists.score.subarray(0, count))).toEqual(order.map(([, score]) => score));
        for (const [index] of order) expect(kept.some((entry) => entry.index === index)).toBe(true);
      },
    ),
  );
});

it('merges to the same lists whatever the units knew of each other', () => {
  const ranked = { k: 2, index: Uint32Array.of(1, 0, 0, 1), score: Float64Array.of(5, 3, 9, 1) };
  const knowing = new BestLists(2, 2, '+');
  const first = knowing.keep(ranked, 0);
  const second = knowing.keep({ ...ranked, score: Float64Array.of(4, 2, 0.5, 0.25) }, 10);
  expect(Array.from(second.counts)).toEqual([1, 0]);
  const merged = new BestLists(2, 2, '+');
  for (const lists of [second, first]) merged.add(lists);
  const alone = new BestLists(2, 2, '+');
  alone.keep({ ...ranked, score: Float64Array.of(4, 2, 0.5, 0.25) }, 10);
  alone.keep(ranked, 0);
  expect(merged.index).toEqual(alone.index);
  expect(Array.from(merged.index)).toEqual([1, 11, 0, 1]);
});
