import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countingSource, fixture } from '../../../test/bytes.ts';
import { fileSource } from '../../source/file.node.ts';
import { readColumns, readRows, readTensor } from '../read.ts';
import { readSafetensors } from '../safetensors/read.ts';
import { resolveStorage } from './resolve.ts';

// Packed and unpacked by each format's own library: test/fixtures/quantised/loaders/make.py.
const DIR = fixture('quantised/loaders');
const NAMES = readdirSync(DIR).flatMap((file) => (file.endsWith('.safetensors') ? [file.slice(0, -12)] : []));

async function open(name: string) {
  const source = countingSource(await fileSource(`${DIR}/${name}.safetensors`));
  const file = await readSafetensors(source);
  const golden = file.tensors.get('expected')!;
  const config = { quantization_config: JSON.parse(file.metadata.get('config') as string) };
  const tensors = new Map([...file.tensors].filter(([own]) => own !== 'expected'));
  return { source, golden, resolved: await resolveStorage({ ...file, tensors }, config, name) };
}

describe.each(NAMES)('%s', (name) => {
  test('is decoded as its own library decodes it', async () => {
    const { golden, resolved } = await open(name);
    const info = resolved.tensors.get('m.weight')!;
    expect(info.shape).toEqual(golden.shape);
    const [found, expected] = [await readTensor(info), await readTensor(golden)];
    const worst = found.reduce(
      (most, x, i) => Math.max(most, Math.abs(x - expected[i]) / Math.abs(expected[i] || 1)),
      0,
    );
    expect(worst).toBeLessThan(1e-6);
    expect(resolved.notes).toEqual([
      expect.stringMatching(/^1 tensor is stored as \S.* decoded as its own loader does/),
    ]);
  });

  test('rows and columns alone are those of the whole, and what it is made of is known', async () => {
    const { resolved } = await open(name);
    const info = resolved.tensors.get('m.weight')!;
    const all = await readTensor(info);
    const width = all.length / info.shape[0];
    for (const row of [0, 1, info.shape[0] - 1]) {
      const own = all.slice(row * width, (row + 1) * width);
      expect(await readTensor(info, { rowStart: row, rowEnd: row + 1 })).toEqual(own);
      expect(await readRows(info, [row])).toEqual(own);
    }
    if (info.shape.length === 2)
      for (const column of [0, width - 1])
        expect(await readColumns(info, [column])).toEqual(all.filter((_, i) => i % width === column));
    for (const [own, { partOf }] of resolved.tensors) expect(partOf).toBe(own === 'm.weight' ? undefined : 'm.weight');
  });
});
