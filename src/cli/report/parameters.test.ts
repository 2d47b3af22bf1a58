import { expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { writeSafetensors } from '../../formats/safetensors/write.ts';
import { exportParameter } from '../../model/parameter.ts';
import type { Parameter } from '../../model/types.ts';
import { arraysOf } from './parameters.ts';

const never = new AbortController().signal;

it('gives an array of more than 2 GiB in pieces, without holding it', async () => {
  // E of a model of 7 billion parameters and 152 thousand tokens, of zeros.
  const [count, width] = [152_064, 3584];
  let largest = 0;
  const embed: Parameter = {
    name: 'embed',
    shape: [count, width],
    count,
    width,
    tensors: ['embed'],
    async read(start = 0, end = count) {
      largest = Math.max(largest, end - start);
      return new Float32Array((end - start) * width);
    },
  };
  let [bytes, done] = [0, 0];
  for await (const chunk of writeSafetensors(arraysOf([embed], never, (part) => (done = part)))) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(2 ** 31);
  expect(bytes % (4 * width)).toBe(bytes - 4 * count * width);
  expect(4 * largest * width).toBeLessThanOrEqual(128 * 2 ** 20);
  expect(done).toBe(1);
});

it('gives, piece by piece, what the whole array is', async () => {
  const model = tinyModel({ headDim: 3, heads: 4, kvHeads: 2 });
  for (const parameter of model.parameters.values()) {
    // A piece is never less than a head, so that a head's vectors are transposed together.
    const { data } = await exportParameter(parameter);
    const [{ data: pieces }] = arraysOf([parameter], never, () => {});
    const found: number[] = [];
    for await (const piece of pieces as AsyncIterable<Float32Array>) found.push(...piece);
    expect(found).toEqual([...data]);
  }
});
