import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from '../../formats/encode.ts';
import { readTensor } from '../../formats/read.ts';
import { readSafetensors } from '../../formats/safetensors/read.ts';
import { safetensorsHeader } from '../../formats/safetensors/write.ts';
import { readWhole } from '../../formats/wide.ts';
import { mergeAdapter, openModel } from '../../node.ts';
import { fileSource } from '../../source/file.node.ts';

/** Made with PEFT by make.py there: base, adapter, and what `merge_and_unload` makes of both. */
const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/adapters/', import.meta.url));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'weightscope-merge-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The largest difference of two checkpoints' tensors, which have one set of names and types. */
async function largestDifference(one: string, other: string): Promise<number> {
  const [a, b] = [await openModel(one), await openModel(other)];
  expect([...a.tensors.keys()].sort()).toEqual([...b.tensors.keys()].sort());
  let largest = 0;
  for (const [name, info] of a.tensors) {
    const theirs = b.tensors.get(name)!;
    expect([name, info.dtype, ...info.shape]).toEqual([name, theirs.dtype, ...theirs.shape]);
    if (info.refusal) continue;
    const [x, y] = [await readTensor(info), await readTensor(theirs)];
    for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i] - y[i]));
  }
  await Promise.all([a.close(), b.close()]);
  return largest;
}

/** A checkpoint again, its tensors in another type, in as many files as it has tensors, the last first. */
async function inShards(from: string, to: string, dtype: 'BF16' | 'F16' | 'F32'): Promise<void> {
  await mkdir(to, { recursive: true });
  await cp(join(from, 'config.json'), join(to, 'config.json'));
  const model = await openModel(from);
  const map: Record<string, string> = {};
  for (const [name, info] of [...model.tensors].reverse()) {
    const bytes = encode(await readTensor(info), dtype);
    const file = `model-${String(Object.keys(map).length + 1).padStart(5, '0')}.safetensors`;
    const header = safetensorsHeader([{ name, dtype, shape: info.shape, bytes: bytes.length }]);
    await writeFile(join(to, file), Buffer.concat([header, bytes]));
    map[name] = file;
  }
  await writeFile(join(to, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  await model.close();
}

describe('merging an adapter into its base', () => {
  const sets = [FIXTURES, process.env.WEIGHTSCOPE_ADAPTERS].filter((of) => of !== undefined && existsSync(of));
  for (const of of sets)
    for (const name of readdirSync(of!).filter((one) => statSync(join(of!, one)).isDirectory()))
      it(`writes what PEFT's merge_and_unload leaves: ${name}`, async () => {
        const to = join(root, `${sets.indexOf(of)}-${name}`);
        const wrote = await mergeAdapter(join(of!, name, 'base'), join(of!, name, 'adapter'), to);
        expect(wrote.files.map((file) => file.name).sort()).toEqual(readdirSync(to).sort());
        expect(await largestDifference(to, join(of!, name, 'merged'))).toBeLessThan(1e-5);
      });

  it('writes what the adapter leaves alone to the byte, and config and tokenizer beside it', async () => {
    const [from, to, adapter] = [join(root, 'from'), join(root, 'to'), `${FIXTURES}lora-bias/adapter`];
    await cp(`${FIXTURES}lora-bias/base`, from, { recursive: true });
    await writeFile(join(from, 'tokenizer_config.json'), '{"any": 1}');
    await writeFile(join(from, 'README.md'), 'about the base');
    const wrote = await mergeAdapter(from, adapter, to);
    expect(readdirSync(to).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer_config.json']);
    for (const file of ['config.json', 'tokenizer_config.json'])
      expect(await readFile(join(to, file))).toEqual(await readFile(join(from, file)));
    const [before, after] = [await openModel(from), await openModel(to)];
    let same = 0;
    for (const [name, info] of before.tensors) {
      const theirs = after.tensors.get(name)!;
      const bytes = await Promise.all([info, theirs].map((one) => one.source.slice(one.start, one.end)));
      if (Buffer.compare(bytes[0], bytes[1]) === 0) same++;
    }
    expect(same).toBe(wrote.tensors - wrote.changed);
    expect(wrote.changed).toBeGreaterThan(0);
    await Promise.all([before.close(), after.close()]);
  });

  it('of a base in other types and shards keeps names and types, each number the nearest of the type', async () => {
    for (const dtype of ['BF16', 'F16'] as const) {
      const [base, to] = [join(root, `base-${dtype}`), join(root, `merged-${dtype}`)];
      await inShards(`${FIXTURES}lora/base`, base, dtype);
      const wrote = await mergeAdapter(base, `${FIXTURES}lora/adapter`, to, { shardBytes: 1000 });
      const shards = wrote.files.filter(({ name }) => name.endsWith('.safetensors'));
      expect(shards.length).toBeGreaterThan(3);
      expect(shards[0].name).toBe(`model-00001-of-${String(shards.length).padStart(5, '0')}.safetensors`);
      const [written, meant] = [await openModel(to), await openModel(base, { adapter: `${FIXTURES}lora/adapter` })];
      expect([...written.tensors.keys()].sort()).toEqual([...meant.tensors.keys()].sort());
      for (const [name, info] of written.tensors) {
        expect(info.dtype).toBe(dtype);
        const exact = await readTensor(meant.tensors.get(name)!);
        expect(encode(await readTensor(info), dtype)).toEqual(encode(exact, dtype));
      }
      await Promise.all([written.close(), meant.close()]);
    }
  });

  describe('of a base in another type, in shards, is what torch makes of it in fp64, and PEFT (make.py there)', () => {
    const types = fileURLToPath(new URL('../../../test/fixtures/adapter-types/', import.meta.url));
    for (const [dtype, atol] of [
      ['F64', 3e-16],
      ['BF16', 0],
      ['F16', 0],
    ] as const)
      it(dtype, async () => {
        const [of, to] = [join(types, dtype.toLowerCase()), join(root, `typed-${dtype}`)];
        await mergeAdapter(join(of, 'base'), `${FIXTURES}lora/adapter`, to, { shardBytes: 5000 });
        for (const file of ['merged', 'peft']) {
          const [ours, theirs] = [
            await openModel(to),
            (await readSafetensors(await fileSource(join(of, `${file}.safetensors`)))).tensors,
          ];
          expect([...ours.tensors.keys()].sort()).toEqual([...theirs.keys()].sort());
          for (const [name, info] of ours.tensors) {
            expect([name, info.dtype]).toEqual([name, dtype]);
            const [x, y] = [await readWhole(info), await readWhole(theirs.get(name)!)];
            const far = Array.from(x).reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
            expect([name, far <= atol]).toEqual([name, true]);
          }
          await ours.close();
        }
        // The numbers of F64 are ones that fp32 has not.
        const model = await openModel(to);
        const numbers = await readWhole(model.tensors.get('model.layers.0.mlp.up_proj.weight')!);
        expect(numbers.every((x) => Math.fround(x) === x)).toBe(dtype !== 'F64');
        await model.close();
      });
  });

  it('unties a head that the adapter brings, which the config would tie again', async () => {
    const [base, adapter, to] = [join(root, 'tied'), join(root, 'tied-adapter'), join(root, 'untied')];
    await cp(`${FIXTURES}lora-tied/base`, base, { recursive: true });
    await cp(`${FIXTURES}whole-head/adapter`, adapter, { recursive: true });
    const { largest } = await onlyHead(adapter);
    const wrote = await mergeAdapter(base, adapter, to);
    expect(wrote.changed).toBe(1);
    expect(JSON.parse(await readFile(join(to, 'config.json'), 'utf8')).tie_word_embeddings).toBe(false);
    const model = await openModel(to);
    const head = await model.parameters.get('unembed')!.read();
    expect(head.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBe(largest);
    await model.close();
  });

  it('leaves nothing where something is in the way, the base is quantised or GGUF, or it is stopped', async () => {
    const [base, adapter] = [`${FIXTURES}lora/base`, `${FIXTURES}lora/adapter`];
    const taken = join(root, 'taken');
    await mkdir(taken);
    await writeFile(join(taken, 'mine'), '');
    await expect(mergeAdapter(base, adapter, taken)).rejects.toThrow(/something is there already/);
    expect(readdirSync(taken)).toEqual(['mine']);
    const none = join(root, 'none');
    await expect(mergeAdapter('sample', adapter, none)).rejects.toThrow(/found "sample", a GGUF file/);
    await expect(mergeAdapter(`${FIXTURES}lora-conv1d/base`, adapter, none)).rejects.toThrow(/14 of 14 cannot be used/);
    const stopped = new AbortController();
    const progress = () => stopped.abort();
    await expect(mergeAdapter(base, adapter, none, { signal: stopped.signal, progress })).rejects.toThrow();
    expect(readdirSync(root).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('refuses numbers that F16 cannot hold, and leaves nothing', async () => {
    const [base, adapter, to] = [join(root, 'half'), join(root, 'strong'), join(root, 'beyond')];
    await inShards(`${FIXTURES}lora/base`, base, 'F16');
    await cp(`${FIXTURES}lora/adapter`, adapter, { recursive: true });
    const config = JSON.parse(await readFile(join(adapter, 'adapter_config.json'), 'utf8'));
    await writeFile(join(adapter, 'adapter_config.json'), JSON.stringify({ ...config, lora_alpha: 1e7 }));
    await expect(mergeAdapter(base, adapter, to)).rejects.toThrow(/within the 65,504 that F16 holds/);
    expect(existsSync(to)).toBe(false);
  });
});

/** Leaves only the head of an adapter's tensors. */
async function onlyHead(folder: string): Promise<{ largest: number }> {
  const file = join(folder, 'adapter_model.safetensors');
  const bytes = await readFile(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: number[] }>;
  const [name, info] = Object.entries(header).find(([key]) => key.includes('lm_head'))!;
  const data = bytes.subarray(8 + length + info.data_offsets[0], 8 + length + info.data_offsets[1]);
  const { shape } = info as unknown as { shape: number[] };
  const own = safetensorsHeader([{ name, dtype: 'F32', shape, bytes: data.length }]);
  await writeFile(file, Buffer.concat([own, data]));
  const values = new Float32Array(new Uint8Array(data).buffer);
  return { largest: values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}
