import { expect, test } from 'vitest';
import { type Arc, arcOf, arcsQuery, bent, groupsOf, strongest } from './arcs.ts';

const arc = (fromLayer: number, fromHead: number, toLayer: number, toHead: number, z = 1): Arc => ({
  ...{ fromLayer, fromHead, toLayer, toHead, score: 0.1, z, p: null },
});

test('a row of the atlas is an arc, older atlases have no p', () => {
  const row = { from_layer: 0, from_head: 1, to_layer: 2, to_head: 3, score: 0.5, z: 7, p: null };
  expect(arcOf(row)).toEqual({ ...arc(0, 1, 2, 3, 7), score: 0.5 });
});

test('the question is of the strongest arcs, of pinned heads alone where there are any', () => {
  const asked = (pins: string[]) => arcsQuery('sample', 'k', 60, pins).queryKey.flat().slice(1).map(decodeURIComponent);
  expect(asked([])).toEqual([expect.stringMatching(/compositions\?kind=k&sort=z&k=60$/)]);
  expect(asked(['1:5']).map((url) => /(from|to)=1:5/.exec(url)?.[1])).toEqual(['from', 'to']);
});

test('the strongest arcs of several questions are each there once, in order of z', () => {
  const [a, b, c] = [arc(0, 1, 1, 5, 3), arc(0, 0, 1, 5, 9), arc(0, 0, 2, 1, 3)];
  expect(strongest([a, b, c, a], 9)).toEqual([b, c, a]);
  expect(strongest([a, b, c, a], 2)).toEqual([b, c]);
});

test('a pinned head has what it reads and what reads it', () => {
  const arcs = [arc(0, 1, 1, 5), arc(1, 5, 2, 0), arc(0, 0, 2, 0)];
  expect(groupsOf(arcs, ['1:5'])).toEqual([{ pin: '1:5', reads: [arcs[0]], isRead: [arcs[1]] }]);
});

test('a curve goes from head to head', () => {
  expect(bent(0, 0, 100, 40)).toBe('M0 0Q50 -2 100 40');
});
