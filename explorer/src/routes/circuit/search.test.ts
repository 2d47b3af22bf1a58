import { expect, test } from 'vitest';
import { joinPins, parseCircuitSearch, splitPins } from './search.ts';

test('kind, arcs and pins come back from an address; what it says wrongly is left out', () => {
  expect(parseCircuitSearch({ kind: 'v', arcs: '120', pins: '1:5,4:2,1:5,x' })).toEqual({
    kind: 'v',
    arcs: 120,
    pins: '1:5,4:2',
  });
  expect(parseCircuitSearch({ kind: 'k', arcs: 1e9, pins: '' })).toEqual({});
  expect(joinPins(splitPins('0:1,2:3'))).toBe('0:1,2:3');
});
