import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../formats/safetensors/write.ts';
import { memoryFolder } from '../../source/memory.ts';
import { openAdapter } from './open.ts';

async function fileOf(names: readonly string[]): Promise<Uint8Array> {
  const tensors = names.map((name) => ({ name, shape: [2, 2], data: new Float32Array(4) }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(tensors)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
const Q = 'model.layers.0.self_attn.q_proj';

describe('an adapter that PEFT did not save', () => {
  it.each([
    ['kohya’s scripts', `lora_te_${Q.replaceAll('.', '_')}.lora_down.weight`],
    ['LyCORIS', 'lora_unet_mid_block.hada_w1_a'],
    ['diffusers', 'unet.mid_block.attn.to_q.lora_A.weight'],
    ['MLX', `${Q}.lora_a`],
  ])('is refused by the name of its tool: %s', async (tool, name) => {
    const files = { 'x.safetensors': await fileOf([name]) };
    await expect(openAdapter(memoryFolder(files))).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringContaining(tool),
    });
    await expect(openAdapter(memoryFolder(files), { file: 'x.safetensors' })).rejects.toThrow(tool);
  });

  it('is refused by its config too', async () => {
    const config = json({ fine_tune_type: 'lora', lora_parameters: { rank: 8, scale: 20 } });
    await expect(openAdapter(memoryFolder({ 'adapter_config.json': config }))).rejects.toThrow(/MLX.*mlx_lm.fuse/);
  });

  it('is one whose config is missing, or one of several below, which are named', async () => {
    const weights = await fileOf([`base_model.model.${Q}.lora_A.weight`]);
    await expect(openAdapter(memoryFolder({ 'adapter_model.safetensors': weights }))).rejects.toThrow(
      /Expected adapter_config.json .* put it there/,
    );
    const config = json({ peft_type: 'LORA' });
    const below = memoryFolder({ 'one/adapter_config.json': config, 'two/adapter_config.json': config });
    await expect(openAdapter(below)).rejects.toThrow(/2 folders below \("one", "two"\); name one of these/);
  });

  it('of virtual tokens is said to have no weights to merge', async () => {
    for (const kind of ['PREFIX_TUNING', 'PROMPT_TUNING', 'P_TUNING'])
      await expect(openAdapter(memoryFolder({ 'adapter_config.json': json({ peft_type: kind }) }))).rejects.toThrow(
        new RegExp(`"${kind}", which puts tokens of its own before a text and changes no weight`),
      );
  });
});
