import { expect, test } from 'vitest';
import { chooseLinks, crossings, curve, type Link, layOut } from './bipartite.ts';

const link = (first: number, second: number, score: number): Link => ({ first, second, score });

/** Two bundles that share nothing, listed by turns: as they are listed, nearly all cross. */
const bundles = [link(1, 20, 9), link(5, 10, 8), link(2, 20, 7), link(6, 10, 6), link(3, 20, 5), link(7, 11, 4)];

test('bundles are drawn apart, with no crossing left', () => {
  const { first, second } = layOut(bundles);
  const ids = (tokens: { id: number }[]) => tokens.map(({ id }) => id);
  expect(crossings(bundles, [1, 5, 2, 6, 3, 7], [20, 10, 11])).toBe(3);
  expect(crossings(bundles, ids(first), ids(second))).toBe(0);
  expect(first.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5]);
  // The strongest pair is above.
  expect(first[0].id).toBeLessThan(4);
});

test('never more crossings than in the order of appearance', () => {
  let seed = 7;
  const random = (n: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % n;
  };
  for (let round = 0; round < 40; round++) {
    const pairs = new Map<string, Link>();
    for (let i = 0; i < 40; i++) {
      const [a, b] = [random(15), random(12)];
      pairs.set(`${a}:${b}`, link(a, b, 1 + random(50)));
    }
    const links = [...pairs.values()].sort((a, b) => b.score - a.score);
    const appearance = (side: 'first' | 'second') => [...new Set(links.map((l) => l[side]))];
    const { first, second, links: drawn } = layOut(links);
    const ordered = (tokens: { id: number }[]) => tokens.map(({ id }) => id);
    expect(crossings(links, ordered(first), ordered(second))).toBeLessThanOrEqual(
      crossings(links, appearance('first'), appearance('second')),
    );
    expect(ordered(first).toSorted()).toEqual(appearance('first').toSorted());
    expect(drawn).toHaveLength(links.length);
  }
});

test('weights are sums of sizes, strengths are shares of the strongest, weak links come first', () => {
  const { first, links } = layOut([link(1, 2, -5), link(1, 3, -2), link(1, 4, -1)]);
  expect(first).toEqual([{ id: 1, row: 0, weight: 8 }]);
  expect(links.map(({ strength }) => strength)).toEqual([0.2, 0.4, 1]);
  expect(layOut([link(1, 2, 3)]).links[0].strength).toBe(1);
  expect(layOut([])).toEqual({ first: [], second: [], links: [] });
});

test('a drawing takes the first pairs that fit, and later ones between tokens that are there', () => {
  const pair = (first: number, second: number, score: number) => ({
    first: { id: first },
    second: { id: second },
    score,
  });
  const pairs = [pair(1, 5, 9), pair(2, 6, 8), pair(3, 5, 7), pair(1, 7, 6), pair(2, 5, 5)];
  expect(chooseLinks(pairs, 2)).toEqual([link(1, 5, 9), link(2, 6, 8), link(2, 5, 5)]);
  expect(chooseLinks(pairs, 2, 2)).toHaveLength(2);
});

test('a curve leaves and arrives level', () => {
  expect(curve(0, 10, 100, 50)).toBe('M0 10C50 10 50 50 100 50');
});
