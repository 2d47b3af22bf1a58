import { expect, it } from 'vitest';
import { neuronText, placeIn } from './place.ts';

it('a place is read as it is written, with an expert and without', () => {
  for (const at of [
    { layer: 4, neuron: 100 },
    { layer: 1, expert: 2, neuron: 7 },
  ]) {
    const { layer, index, expert } = placeIn(neuronText(at))!;
    expect({ layer, neuron: index, ...(expert !== undefined && { expert }) }).toEqual(at);
  }
  expect(neuronText({ layer: 1, expert: 0, neuron: 7 })).toBe('1:7');
});

it.each([
  ['4:100', { kind: undefined, layer: 4, index: 100 }],
  [' neuron 4:100 ', { kind: 'neuron', layer: 4, index: 100 }],
  ['ff 4.100', { kind: 'neuron', layer: 4, index: 100 }],
  ['h 1 5', { kind: 'head', layer: 1, index: 5 }],
  ['head1:5', { kind: 'head', layer: 1, index: 5 }],
  ['L4N100', { kind: 'neuron', layer: 4, index: 100 }],
  ['l1 h5', { kind: 'head', layer: 1, index: 5 }],
  ['1:2:7', { kind: 'neuron', layer: 1, expert: 2, index: 7 }],
  ['neuron 1:0:7', { kind: 'neuron', layer: 1, expert: 0, index: 7 }],
  ['head 1:2:7', undefined],
  ['1:2:3:4', undefined],
  ['king', undefined],
  ['L4', undefined],
])('%j is read as a place, or as none', (q, place) => {
  expect(placeIn(q)).toEqual(place);
});
