import { describe, expect, it } from 'vitest';
import { concat, expectError } from '../../test/bytes.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { memorySource } from '../source/memory.ts';
import { preciseProduct } from './product.ts';
import { stitch } from './stitch.ts';
import { readStitching, writeStitching } from './stitching-file.ts';
import { translated } from './translated.ts';

const engine = referenceEngine();
const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
const one = tinyModel({ words });
const two = { ...tinyModel({ words: words.slice(2), hidden: 6, seed: 3 }), name: 'two' };

describe('products in fp64', () => {
  it('have what engines round away', async () => {
    const data = Float32Array.from([1, 2 ** -12, 3, 1 + 2 ** -20, 2 ** -11, 0.1]);
    const x = { data, rows: 2, columns: 3 };
    const { data: found } = await preciseProduct(engine, x, x);
    const dot = (i: number, j: number) => [0, 1, 2].reduce((sum, t) => sum + data[i * 3 + t] * data[j * 3 + t], 0);
    for (const [at, value] of found.entries())
      expect(Math.abs(value - dot(at >> 1, at & 1))).toBeLessThan(2 ** -46 * Math.abs(value));
  });
});

describe('stitching', () => {
  it('is kept in a file with the models that it belongs to', async () => {
    const found = await stitch(one, two, { engine });
    expect(found.size).toBe(28);
    const bytes = await concat(writeStitching(found, '/models/two'));
    const stored = await readStitching(memorySource(bytes, 'T.safetensors'));
    expect(stored.matrix).toMatchObject({ rows: 6, columns: 8, data: found.scores.matrix.data });
    expect(stored.from).toEqual({ name: 'tiny', fingerprint: 'tiny-1' });
    expect(stored.to).toEqual({ location: '/models/two', fingerprint: 'tiny-3' });
    await expectError(
      async () =>
        readStitching(
          memorySource(await concat((await import('../formats/safetensors/write.ts')).writeSafetensors([])), 'x'),
        ),
      'FORMAT_INVALID',
      /weightscope stitch A B/,
    );
  });

  it('translates vectors of the stream, and nothing else', async () => {
    const { scores } = await stitch(one, two, { engine });
    const there = translated(one, two, scores.matrix);
    expect(there.dimensions).toMatchObject({ hidden: 6, vocab: 30, layers: 2 });
    expect(there.parameters.get('unembed')).toBe(two.parameters.get('unembed'));
    expect(there.parameters.get('layer.0.attn.q')!.shape).toEqual([4, 6, 3]);
    expect(there.parameters.has('layer.0.norm.ff')).toBe(false);
    const x = one.arrays.get('layer.1.ff.value')!.data.subarray(16, 24);
    const y = await there.parameters.get('layer.1.ff.value')!.read(2, 3);
    for (const [i, value] of y.entries())
      expect(value).toBeCloseTo(
        x.reduce((sum, a, j) => sum + a * scores.matrix.data[i * 8 + j], 0),
        5,
      );
    await expectError(() => translated(two, one, scores.matrix), 'TENSOR_SHAPE', /\[8, 6\] .* got \[6, 8\]/);
  });

  it('counts directions that the table does not have', async () => {
    const flat = tinyModel({ words });
    const { data } = flat.arrays.get('unembed')!;
    for (let row = 0; row < 30; row++) data[row * 8 + 7] = data[row * 8 + 6];
    const found = await stitch(flat, two, { engine });
    expect(found.tokens.dropped).toBe(1);
    expect(found.scores.dropped).toBe(0);
    expect(found.tokens.matrix.data.every(Number.isFinite)).toBe(true);
  });
});
