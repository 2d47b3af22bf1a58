import { expect, test } from 'vitest';
import { alike, layerShapes } from './layers.ts';
import type { Parameter } from './types.ts';

/** A model of parameters with these shapes, and nothing else. */
const shaped = (layers: number, shapes: Record<string, number[]>) => ({
  dimensions: { layers } as never,
  parameters: new Map(Object.entries(shapes).map(([name, shape]) => [name, { name, shape } as unknown as Parameter])),
});

test('layers of one model may differ in kind and in size', () => {
  const shapes = layerShapes(
    shaped(3, {
      'layer.0.recurrent.in': [84, 32],
      'layer.0.ff.key': [40, 32],
      'layer.0.ff.up': [40, 32],
      'layer.0.ff.value': [40, 32],
      'layer.1.attn.q': [4, 32, 12],
      'layer.1.attn.k': [2, 32, 12],
      'layer.1.attn.v': [2, 32, 8],
      'layer.1.ff.0.key': [20, 32],
      'layer.1.ff.0.value': [20, 32],
      'layer.1.ff.1.value': [20, 32],
      'layer.1.ff.shared.value': [28, 32],
    }),
  );
  expect(shapes).toEqual([
    { recurrent: true, feedForward: { neurons: 40, gated: true } },
    {
      attention: { heads: 4, kvHeads: 2, qk: 12, vo: 8 },
      feedForward: { neurons: 20, gated: false, experts: 2, shared: 28 },
    },
    {},
  ]);
});

test('layers that are alike stand together, in the order of the first', () => {
  expect(alike([{ n: 1 }, undefined, { n: 2 }, { n: 1 }])).toEqual([
    { layers: [0, 3], value: { n: 1 } },
    { layers: [2], value: { n: 2 } },
  ]);
});
