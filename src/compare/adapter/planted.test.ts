import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { rawSafetensors } from '../../../test/raw-safetensors.ts';
import { bytesOf } from '../../formats/elements.ts';
import { openAdapter, openModel, readAdapter } from '../../node.ts';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url));
const SMOLLM2 = join(process.env.WEIGHTSCOPE_MODELS ?? '', 'smollm2-hf');
const skipped = process.env.WEIGHTSCOPE_MODELS && existsSync(SMOLLM2) ? '' : ' (skipped: set WEIGHTSCOPE_MODELS)';

it('reads a planted adapter back word for word: what its direction reads, and what it writes', async () => {
  const base = await openModel(`${FIXTURES}lexi`, { cache: undefined });
  const e = base.parameters.get('unembed')!;
  const [read, written] = ['dog', 'music'].map((word) => base.vocabulary!.find(` ${word}`)[0]);
  const { hidden, neurons } = base.dimensions;
  // Neuron 7 of layer 2: its key is moved by the one word's row of E, its value by the other's.
  const one = new Float32Array(neurons);
  one[7] = 1;
  const tensor = (data: Float32Array, shape: number[]) => ({ dtype: 'F32', shape, bytes: bytesOf(data) });
  const name = (module: string, part: string) => `base_model.model.transformer.h.2.mlp.${module}.lora_${part}.weight`;
  const folder = await mkdtemp(join(tmpdir(), 'weightscope-planted-'));
  await writeFile(
    join(folder, 'adapter_model.safetensors'),
    rawSafetensors({
      [name('c_fc', 'A')]: tensor(await e.read(read, read + 1), [1, hidden]),
      [name('c_fc', 'B')]: tensor(one, [neurons, 1]),
      [name('c_proj', 'A')]: tensor(one, [1, neurons]),
      [name('c_proj', 'B')]: tensor(await e.read(written, written + 1), [hidden, 1]),
    }),
  );
  const config = { peft_type: 'LORA', r: 1, lora_alpha: 1, fan_in_fan_out: true, target_modules: ['c_fc', 'c_proj'] };
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
  const { fits, changes } = await readAdapter(base, await openAdapter(folder), { k: 3, neurons: 2, heads: 2 });
  expect(fits).toBe(true);
  const [writes, reads] = changes!.sides;
  expect([writes.side, writes.top[0].id, reads.side, reads.top[0].id]).toEqual(['writes', written, 'reads', read]);
  expect(writes.top[0].score).toBeCloseTo(1, 5);
  expect(writes.chance!.top!.random!.p).toBeLessThan(1e-6);
  expect(changes!.neurons.map(({ layer, neuron, part, top }) => [layer, neuron, part, top[0].id])).toEqual(
    expect.arrayContaining([
      [2, 7, 'key', read],
      [2, 7, 'value', written],
    ]),
  );
  for (const { share, effectiveRank } of changes!.directions) {
    expect(share).toBeCloseTo(1, 6);
    expect(effectiveRank).toBeLessThan(2.5);
  }
  await base.close();
  await rm(folder, { recursive: true });
}, 60_000);

it.skipIf(skipped)(
  `names the topic of a LoRA that was trained on it in what it writes, above chance${skipped}`,
  async () => {
    const base = await openModel(SMOLLM2, { cache: undefined });
    const adapter = await openAdapter(`${FIXTURES}topic/adapter`);
    const { changes } = await readAdapter(base, adapter, { k: 8, neurons: 0, heads: 1, intruders: false });
    const [writes] = changes!.sides;
    const words = writes.top.concat(writes.bottom).map(({ label }) => label.replace('·', '').toLowerCase());
    const sea = words.filter((word) => /^(currents?|divers?|salt|port|anchor|fish|net|coast|tide|harbor)$/.test(word));
    expect(sea.length).toBeGreaterThanOrEqual(6);
    const { top, bottom } = writes.chance!;
    const topic = writes.top.some(({ label }) => label === '·anchor') ? top : bottom;
    // Two lists are shown, so that each is tested at half of 0.01.
    expect(topic!.random!.p).toBeLessThan(0.005);
    expect(topic!.shuffled!.p).toBeLessThan(0.005);
    await base.close();
  },
  120_000,
);
