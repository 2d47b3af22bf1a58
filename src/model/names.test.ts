import { expect, test } from 'vitest';
import { concat, expectError } from '../../test/bytes.ts';
import { expectSame, filesOf, renamed, tensorsOf } from '../../test/checkpoint.ts';
import { writeSafetensors } from '../formats/safetensors/write.ts';
import { openModel } from './open.ts';
import type { Model } from './types.ts';

/** Tensors by name: what may stand before and within names, and what no parameter is made of. */

test.each([
  ['llama', 'model.'],
  ['gpt2', 'transformer.'],
  ['bert', 'bert.'],
  ['roberta', 'roberta.'],
  ['distilbert', 'distilbert.'],
  ['gpt_neox', 'gpt_neox.'],
  ['opt', 'model.'],
  ['bloom', 'transformer.'],
])('%s is read with and without %s before its names', async (type, prefix) => {
  const files = filesOf(type);
  const bare = await renamed(files, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  await expectSame(await openModel(files), await openModel(bare));
});

test('a tensor beside which torch wrapped another of its name is read, and the other is said to go unread', async () => {
  const files = filesOf('llama');
  const own = await tensorsOf(files);
  const others = own.flatMap((t) => {
    const name = t.name.replace('model.', 'model._orig_mod.');
    return name === t.name ? [] : [{ ...t, name, data: new Float32Array(t.shape.reduce((a, b) => a * b, 1)) }];
  });
  const both = { ...files, 'model.safetensors': await concat(writeSafetensors([...own, ...others])) };
  const model = await openModel(both);
  await expectSame(model, await openModel(files));
  expect(model.notes.join()).toMatch(/20 tensors of the file are read by no parameter.*_orig_mod/);
});

test('gamma and beta of old checkpoints are gain and bias', async () => {
  const files = filesOf('bert');
  const old = await renamed(files, (name) =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
  );
  await expectSame(await openModel(files), await openModel(old));
});

test.each([['_orig_mod.'], ['module.'], ['base_model.model.'], ['model.'], ['language_model.'], ['a.b_c.d.']])(
  'names are found with %s before them',
  async (prefix) => {
    const files = filesOf('llama');
    await expectSame(await openModel(files), await openModel(await renamed(files, (name) => prefix + name)));
  },
);

test('names are found below parts of a larger model, and below what shards and compiles', async () => {
  const files = filesOf('llama');
  const whole = await openModel(files);
  for (const change of [
    (name: string) => name.replace('model.', 'model.text_model.'),
    (name: string) => name.replace('model.', 'model.language_model.'),
    (name: string) => `_fsdp_wrapped_module.${name.replace(/layers\.\d+\./, '$&_fsdp_wrapped_module.')}`,
    (name: string) => name.replace('self_attn.', 'self_attn._orig_mod.'),
    // As transformers 5 saves Qianfan-OCR's and Kimi K2.5's.
    (name: string) => name.replace('layers.', 'encoder.layers.'),
    (name: string) => name.replace('layers.', 'blocks.'),
  ])
    await expectSame(whole, await openModel(await renamed(files, change)));
});

test("what no parameter is made of is listed, and said where it is the model's own", async () => {
  const files = filesOf('llama');
  const tensors = await tensorsOf(files);
  const data = new Float32Array(8);
  const add = async (...names: string[]): Promise<Model> => {
    const more = names.map((name) => ({ name, shape: [8], data }));
    return openModel({ ...files, 'model.safetensors': await concat(writeSafetensors([...tensors, ...more])) });
  };
  const buffers = await add('model.layers.0.self_attn.rotary_emb.inv_freq');
  expect([buffers.unread, buffers.notes]).toEqual([[], []]);
  const sees = await add('vision_tower.layers.0.weight', 'multi_modal_projector.linear.weight');
  expect([sees.unread?.length, sees.notes]).toEqual([2, []]);
  for (const name of [
    'model.layers.1.mlp.shared_expert.gate_proj.weight',
    'model.layers.0.cross_attn.q_proj.weight',
    'score.weight',
  ]) {
    const model = await add(name);
    expect(model.unread).toEqual([name]);
    expect(model.notes.join()).toContain(
      `1 tensor of the file is read by no parameter, so that readings leave out what it does: "${name}"`,
    );
  }
  await expectError(
    add('model.layers.0.self_attn.q_proj.lora_A.default.weight'),
    'FORMAT_UNSUPPORTED',
    /found an adapter.*lora_A.*merge_and_unload/,
  );
});

test('what lies beside the tensors of a language model that is called so is no part of it, but for a head', async () => {
  const files = filesOf('llama');
  const tensors = (await tensorsOf(files)).map((t) => ({ ...t, name: `language_model.${t.name}` }));
  const [some] = tensors;
  const beside = ['mlp1.0.weight', 'encoder.layers.0.attn.to_q.weight', 'model.aligner.linear1.weight'];
  const open = (names: readonly string[]): Promise<Model> =>
    concat(writeSafetensors([...tensors, ...names.map((name) => ({ ...some, name }))])).then((weights) =>
      openModel({ ...files, 'model.safetensors': weights }),
    );
  const model = await open(beside);
  expect(model.notes).toEqual([]);
  expect(model.unread).toEqual(expect.arrayContaining(beside));
  expect((await open(['value_head.weight'])).notes.join()).toMatch(/1 tensor of the file is read by no parameter/);
});

test('of several models in one file the one that is no copy is read, and the others are said', async () => {
  const files = filesOf('llama');
  const tensors = await tensorsOf(files);
  const copies = (at: string) =>
    tensors.map(({ name, shape, data }) => ({ name: at + name, shape, data: data.map((x) => 2 * x) }));
  for (const at of ['ema.', 'teacher.', 'other.']) {
    const both = [...copies(at), ...tensors];
    const model = await openModel({ ...files, 'model.safetensors': await concat(writeSafetensors(both)) });
    await expectSame(await openModel(files), model);
    expect(model.notes).toEqual([
      `The file holds several models of this kind: the one under "model." is read, and not what is under "${at}model.".`,
    ]);
    expect(model.unread).toContain(`${at}model.embed_tokens.weight`);
  }
});
