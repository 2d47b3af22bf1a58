import { expect, test } from 'vitest';
import { concat, expectError } from '../../test/bytes.ts';
import { configured, expectSame, filesOf, renamed, tensorsOf } from '../../test/checkpoint.ts';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors/write.ts';
import { openModel } from './open.ts';
import type { Model } from './types.ts';

/** Experts, one by one or stacked, as several tools write them. */

test('experts are read one by one or stacked, and none may be missing', async () => {
  const files = filesOf('mixtral');
  const tensors = await tensorsOf(files);
  const kept = tensors.filter(({ name }) => !name.includes('block_sparse_moe'));
  const stack = (name: string, shape: number[], parts: string[]) => {
    const data = parts.flatMap((part) => [
      ...(tensors.find((t) => t.name.endsWith(`${part}.weight`))!.data as Float32Array),
    ]);
    kept.push({ name, shape, data: Float32Array.from(data) });
  };
  for (const layer of [0, 1]) {
    const at = `layers.${layer}.block_sparse_moe`;
    const into = `model.layers.${layer}.mlp`;
    stack(`${into}.gate.weight`, [3, 32], [`${at}.gate`]);
    stack(
      `${into}.experts.gate_up_proj`,
      [3, 96, 32],
      [0, 1, 2].flatMap((e) => [`${at}.experts.${e}.w1`, `${at}.experts.${e}.w3`]),
    );
    stack(
      `${into}.experts.down_proj`,
      [3, 32, 48],
      [0, 1, 2].map((e) => `${at}.experts.${e}.w2`),
    );
  }
  const stacked = { ...files, 'model.safetensors': await concat(writeSafetensors(kept)) };
  await expectSame(await openModel(files), await openModel(stacked));
  for (const [name, part] of [
    ['mixtral', 'layers.1.block_sparse_moe.experts.2.w3'],
    ['qwen2_moe', 'layers.0.mlp.experts.1.up_proj'],
    ['qwen2_moe', 'layers.0.mlp.experts.0.down_proj'],
    ['qwen2_moe', 'layers.0.mlp.gate.'],
    ['qwen2_moe', 'layers.1.mlp.down_proj'],
  ])
    await expectError(
      openModel(await renamed(filesOf(name), (key) => (key.includes(part) ? undefined : key))),
      'TENSOR_MISSING',
      new RegExp(part.replace(/\.$/, '')),
    );
});

test('experts that MLX has stacked are those of the original', async () => {
  const names: Readonly<Record<string, string>> = { w1: 'gate_proj', w3: 'up_proj', w2: 'down_proj' };
  for (const family of ['qwen3_moe', 'mixtral']) {
    const files = filesOf(family);
    const whole = await openModel(files);
    const stacks = new Map<string, TensorToWrite[]>();
    const others: TensorToWrite[] = [];
    for (const tensor of await tensorsOf(files)) {
      const found = /^(.*)\.experts\.(\d+)\.(\w+)\.weight$/.exec(tensor.name);
      if (!found) others.push(tensor);
      else {
        const name = `${found[1]}.switch_mlp.${names[found[3]] ?? found[3]}.weight`;
        stacks.set(name, Object.assign(stacks.get(name) ?? [], { [Number(found[2])]: tensor }));
      }
    }
    expect(stacks.size).toBeGreaterThan(0);
    for (const [name, experts] of stacks)
      others.push({
        name,
        shape: [experts.length, ...experts[0].shape],
        data: Float32Array.from(experts.flatMap(({ data }) => [...(data as Float32Array)])),
      });
    await expectSame(whole, await openModel({ ...files, 'model.safetensors': await concat(writeSafetensors(others)) }));
  }
});

test('a layer that chooses among experts has them, or is refused', async () => {
  const files = filesOf('granitemoe');
  const config = { model_type: 'granitemoeshared', shared_intermediate_size: 4 };
  const shared = (await tensorsOf(files)).flatMap((t) => {
    const at = t.name.replace('block_sparse_moe.input_linear', 'shared_mlp.input_linear');
    if (!/_linear\.weight$/.test(t.name)) return [t];
    // Under names of another tool: MLX's.
    const mlx = {
      ...t,
      name: t.name.replace('input_linear', 'switch_mlp.all').replace('output_linear', 'switch_mlp.out'),
    };
    const [, out, width] = t.shape;
    const own = { name: at.replace('block_sparse_moe.output', 'shared_mlp.output'), shape: [out, width] };
    return [mlx, { ...own, data: t.data.slice(0, out * width) }];
  });
  const open = openModel(configured({ ...files, 'model.safetensors': await concat(writeSafetensors(shared)) }, config));
  await expectError(open, 'TENSOR_MISSING', /block_sparse_moe\.input_linear\.weight for layer\.0\.ff\.0\.key/);
});

test('experts of Qwen3-VL are read whichever way round a file has them, as transformers does', async () => {
  const files = filesOf('qwen3_moe');
  const type = { model_type: 'qwen3_vl_moe_text' };
  const turn = (inputFirst: boolean) => async (): Promise<Model> => {
    const all = new Map<string, { shape: readonly number[]; data: Float32Array }[]>();
    const tensors: TensorToWrite[] = [];
    for (const t of await tensorsOf(files)) {
      const [, at, , part] = /^(.*\.experts\.)(\d+)\.(\w+)_proj\.weight$/.exec(t.name) ?? [];
      if (at === undefined) tensors.push(t);
      else all.set(`${at}${part}`, [...(all.get(`${at}${part}`) ?? []), t]);
    }
    for (const at of new Set([...all.keys()].map((name) => name.replace(/\w+$/, '')))) {
      const of = (part: string) => all.get(at + part)!;
      const both = of('gate').map(({ shape: [rows, columns], data }, e) => ({
        shape: [2 * rows, columns],
        data: Float32Array.from([...data, ...of('up')[e].data]),
      }));
      for (const [name, own] of [
        ['gate_up_proj', both],
        ['down_proj', of('down')],
      ] as const) {
        const [rows, columns] = own[0].shape;
        const turned = own.flatMap(({ data }) =>
          Array.from(data, (_, i) => (inputFirst ? data[(i % rows) * columns + Math.floor(i / rows)] : data[i])),
        );
        const shape = [own.length, ...(inputFirst ? [columns, rows] : [rows, columns])];
        tensors.push({ name: at + name, shape, data: Float32Array.from(turned) });
      }
    }
    return openModel(configured({ ...files, 'model.safetensors': await concat(writeSafetensors(tensors)) }, type));
  };
  const own = await openModel(files);
  await expectSame(own, await turn(false)());
  await expectSame(own, await turn(true)());
});
