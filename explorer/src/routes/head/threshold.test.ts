import { expect, test } from 'vitest';
import { BORDER, POSITIONS, positionOf, type ThresholdScale, thresholdAt } from './threshold.ts';

const LISTED = 5000;
/** 5,000 scores from 160 downwards, with ties; the curve knows some of them. */
const descending = Array.from({ length: LISTED }, (_, i) => Math.round(1600 / (1 + i / 900)) / 10);
const ranks = [...new Set(Array.from({ length: 200 }, (_, i) => Math.round(LISTED ** (i / 199))))];
const scaleOf = (sign: 1 | -1): ThresholdScale => ({
  ranks,
  scores: ranks.map((rank) => sign * descending[rank - 1]),
  listed: LISTED,
  sign,
});
const [top, bottom] = [scaleOf(1), scaleOf(-1)];
const beyond = (threshold: number): number => descending.filter((score) => score > threshold).length;

test('further to the left are never fewer pairs, and thresholds stay in the list down to the border', () => {
  for (const scale of [top, bottom]) {
    let last = 0;
    for (let position = POSITIONS; position >= 0; position--) {
      const threshold = scale.sign * thresholdAt(scale, position);
      const count = beyond(threshold);
      expect(count).toBeGreaterThanOrEqual(last);
      expect(threshold >= descending[LISTED - 1]).toBe(position >= BORDER);
      last = count;
    }
    expect(last).toBe(LISTED);
    expect(beyond(scale.sign * thresholdAt(scale, POSITIONS))).toBe(0);
    expect(thresholdAt(scale, 0)).toBe(0);
  }
});

test('positions go by the logarithm of the count', () => {
  for (const [position, count] of [
    [750, 17],
    [500, 292],
  ])
    expect(Math.abs(Math.log(beyond(thresholdAt(top, position)) / count))).toBeLessThan(0.25);
});

test('a threshold comes back from its position, as nearly as ties and rounding let it', () => {
  for (const scale of [top, bottom]) {
    for (const position of [0, 100, 249, 300, 600, 999, 1000]) {
      const threshold = thresholdAt(scale, position);
      const again = thresholdAt(scale, positionOf(scale, threshold));
      expect(Math.abs(again - threshold)).toBeLessThanOrEqual(0.3);
    }
  }
});

test('thresholds have few digits, and empty or negative lists do no harm', () => {
  expect(String(thresholdAt(top, 777)).length).toBeLessThanOrEqual(5);
  const empty = { ...top, ranks: [], scores: [], listed: 0 };
  expect([thresholdAt(empty, 500), positionOf(empty, 3)]).toEqual([0, 0]);
  const negative = { ...top, ranks: [1, 2, 3], scores: [-1, -2, -3], listed: 3 };
  expect(thresholdAt(negative, 0)).toBe(-3);
  expect(positionOf(negative, -9)).toBe(0);
});
