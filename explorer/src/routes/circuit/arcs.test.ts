import { expect, test } from 'vitest';
import { type Arc, arcOf, arcsSql, bent, groupsOf } from './arcs.ts';

const arc = (fromLayer: number, fromHead: number, toLayer: number, toHead: number, z = 1): Arc => ({
  ...{ fromLayer, fromHead, toLayer, toHead, score: 0.1, z, p: null },
});

test('a row of the atlas is an arc, older atlases have no p', () => {
  const row = { from_layer: 0, from_head: 1, to_layer: 2, to_head: 3, score: 0.5, z: 7, p: null };
  expect(arcOf(row)).toEqual({ ...arc(0, 1, 2, 3, 7), score: 0.5 });
});

test('the question is of the strongest arcs, of pinned heads alone where there are any', () => {
  expect(arcsSql('k', 60, [])).toMatch(/WHERE kind = 'k' ORDER BY z DESC.* LIMIT 60$/);
  expect(arcsSql('q', 5, ['1:5', '4:2'])).toContain('(from_layer = 1 AND from_head = 5) OR (to_layer = 1');
});

test('a pinned head has what it reads and what reads it', () => {
  const arcs = [arc(0, 1, 1, 5), arc(1, 5, 2, 0), arc(0, 0, 2, 0)];
  expect(groupsOf(arcs, ['1:5'])).toEqual([{ pin: '1:5', reads: [arcs[0]], isRead: [arcs[1]] }]);
});

test('a curve goes from head to head', () => {
  expect(bent(0, 0, 100, 40)).toBe('M0 0Q50 -2 100 40');
});
