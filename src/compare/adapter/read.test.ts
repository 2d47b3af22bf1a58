import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../formats/safetensors/write.ts';
import { openModel, openAdapter as openNamed } from '../../node.ts';
import { memoryFolder } from '../../source/memory.ts';
import { type Adapter, openAdapter } from './open.ts';
import { readAdapter } from './read.ts';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/adapters/', import.meta.url));
const open = () => openModel(`${FIXTURES}lora/base`, { cache: undefined });

/** A LoRA of rank one in memory: for each module its A [inputs] and B [outputs]. */
async function rankOne(
  modules: Record<string, readonly [ArrayLike<number>, ArrayLike<number>]>,
  config = {},
): Promise<Adapter> {
  const tensors = Object.entries(modules).flatMap(([module, [a, b]]) => [
    { name: `base_model.model.${module}.lora_A.weight`, shape: [1, a.length], data: Float32Array.from(a) },
    { name: `base_model.model.${module}.lora_B.weight`, shape: [b.length, 1], data: Float32Array.from(b) },
  ]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(tensors)) chunks.push(chunk);
  const settings = { peft_type: 'LORA', r: 1, lora_alpha: 2, ...config };
  return openAdapter(
    memoryFolder({
      'adapter_config.json': new TextEncoder().encode(JSON.stringify(settings)),
      'adapter_model.safetensors': Buffer.concat(chunks),
    }),
  );
}

const one = (index: number, size: number) => Float32Array.from({ length: size }, (_, i) => (i === index ? 1 : 0));
const MLP = 'model.layers.1.mlp';

describe('an adapter before it is trusted', () => {
  it('does not fit where two of its modules are one of the base’s, under two names', async () => {
    const base = await open();
    const [reads, writes] = [one(1, base.dimensions.hidden), one(2, 12)];
    const short = MLP.replace('model.', '');
    const modules = Object.fromEntries(
      [`${short}.gate_proj`, `${short}.up_proj`, `${MLP}.gate_proj`].map((name) => [name, [reads, writes] as const]),
    );
    const { fits, problems } = await readAdapter(base, await rankOne(modules), { k: 1 });
    expect(fits).toBe(false);
    expect(problems).toEqual([
      {
        module: `${MLP}.gate_proj`,
        reason: `"${short}.gate_proj" is the same module of the base, "${MLP}.gate_proj"`,
      },
    ]);
  });

  it.each<[object, boolean]>([
    [{ target_modules: ['gate_proj'] }, true],
    [{ target_modules: 'all-linear' }, true],
    [{ target_modules: null }, true],
    [{ target_modules: '.*layers\\.[01]\\.mlp\\.(gate|up)_proj' }, true],
    [{ target_modules: ['gate_proj'], layers_to_transform: [0, 1] }, true],
    [{ target_modules: ['gate_proj'], layers_to_transform: 1, layers_pattern: 'layers' }, true],
    [{ target_modules: [`${MLP}.gate_proj`], layers_to_transform: [0] }, true],
    [{ target_modules: ['up_proj', 'proj'] }, false],
    [{ target_modules: '.*layers\\.0\\.mlp\\.gate_proj' }, false],
    [{ target_modules: ['gate_proj'], exclude_modules: ['mlp.gate_proj'] }, false],
    [{ target_modules: ['gate_proj'], layers_to_transform: [0] }, false],
    [{ target_modules: ['gate_proj'], layers_to_transform: [1], layers_pattern: ['blocks'] }, false],
  ])('fits where PEFT takes its modules, which %j decides', async (config, fits) => {
    const adapter = await rankOne({ [`${MLP}.gate_proj`]: [one(1, 8), one(2, 12)] }, config);
    const found = await readAdapter(await open(), adapter, { k: 1 });
    expect([found.fits, found.notes]).toEqual([fits, []]);
    if (!fits) expect(found.problems[0].reason).toMatch(/does not choose it \(`target_modules`.*PEFT leaves it out/);
  });

  it('is taken whole where its config chooses by an expression that is not read, and says so', async () => {
    const adapter = await rankOne({ [`${MLP}.gate_proj`]: [one(1, 8), one(2, 12)] }, { target_modules: '\\bq_proj' });
    const found = await readAdapter(await open(), adapter, { k: 1 });
    expect([found.fits, found.notes[0]]).toEqual([true, expect.stringMatching(/chooses modules by an expression/)]);
  });

  it('does not fit with what PEFT leaves out: a magnitude without DoRA, a weight beside matrices', async () => {
    const base = await open();
    const dora = await openNamed(`${FIXTURES}dora/adapter`);
    const plain = await openNamed(`${FIXTURES}lora/adapter`);
    const { problems } = await readAdapter(base, { ...dora, config: { ...dora.config, dora: false } });
    expect(problems[0].reason).toMatch(/Expected `use_dora`/);
    const [module] = plain.modules;
    const weight = base.tensors.get(`${module.name}.weight`)!;
    const both = { ...module, tensors: new Map([...module.tensors, ['weight', weight]]) };
    const found = await readAdapter(base, { ...plain, modules: [both] });
    expect(found.problems[0].reason).toMatch(/either matrices or a weight/);
  });

  it('that was planted to read one token and write another is read back as these', async () => {
    const base = await open();
    const e = base.parameters.get('unembed')!;
    const [reads, writes] = [await e.read(11, 12), await e.read(29, 30)];
    const planted = { [`${MLP}.gate_proj`]: [reads, one(5, 12)], [`${MLP}.down_proj`]: [one(5, 12), writes] } as const;
    const { fits, doesNothing, changes, modules } = await readAdapter(base, await rankOne(planted), { k: 1 });
    expect([fits, doesNothing]).toEqual([true, false]);
    expect(modules.map(({ rank, alpha, scale, dead }) => [rank, alpha, scale, dead])).toEqual([
      [1, 2, 2, false],
      [1, 2, 2, false],
    ]);
    const read = changes!.neurons.map(({ layer, neuron, part, top }) => [layer, neuron, part, top[0].id]);
    expect(read.sort()).toEqual([
      [1, 5, 'key', 11],
      [1, 5, 'value', 29],
    ]);
    for (const { parameter, share, effectiveRank, top, bottom } of changes!.directions) {
      expect(share).toBeCloseTo(1, 5);
      expect(effectiveRank).toBeLessThan(2);
      // A direction has no sign of its own.
      const [best] = [...top, ...bottom].sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
      expect([parameter, best.id]).toEqual([parameter, parameter.endsWith('key') ? 11 : 29]);
    }
  });

  it('does nothing where one of its matrices, or its alpha, is 0', async () => {
    const base = await open();
    const zeros = { [`${MLP}.gate_proj`]: [one(1, 8), new Float32Array(12)] } as const;
    const found = await readAdapter(base, await rankOne(zeros));
    expect([found.fits, found.doesNothing, found.modules[0].dead]).toEqual([true, true, true]);
    const unscaled = { [`${MLP}.gate_proj`]: [one(1, 8), one(1, 12)] } as const;
    const without = await readAdapter(base, await rankOne(unscaled, { lora_alpha: 0 }));
    expect([without.doesNothing, without.modules[0].dead]).toEqual([true, true]);
    expect(without.notes[0]).toMatch(/multiplied by 0/);
  });

  it('does something where it changes only what no parameter is made of, which is named', async () => {
    const bert = await openModel(`${FIXTURES}lora-bert/base`);
    const head = await rankOne({ 'cls.predictions.transform.dense': [one(1, 8), one(2, 8)] });
    const { doesNothing, changes } = await readAdapter(bert, head);
    expect([doesNothing, changes!.same]).toEqual([false, false]);
    expect(changes!.notes.join()).toContain('cls.predictions.transform.dense.weight');
  });

  it('does not fit another base, and every module says why', async () => {
    const base = await openModel(`${FIXTURES}lora-conv1d/base`);
    const adapter = await openNamed(`${FIXTURES}lora/adapter`);
    const { fits, problems, changes, notes } = await readAdapter(base, adapter);
    expect([fits, problems.length, changes]).toEqual([false, 14, undefined]);
    // Nothing of it is near, so that no name is said to be.
    expect(new Set(problems.map(({ reason }) => reason))).toEqual(new Set(['the base has no module of this name']));
    expect(notes.at(-1)).toMatch(/this adapter seems to be for another kind of model/);
    const shape = await readAdapter(await open(), await rankOne({ [`${MLP}.gate_proj`]: [one(1, 9), one(1, 12)] }));
    expect(shape.problems[0].reason).toMatch(/fit the base's weight \[12, 8\], found 12 x 9/);
    const gguf = await readAdapter(await openModel('sample'), adapter);
    expect([gguf.fits, gguf.problems.length, gguf.changes]).toEqual([false, 14, undefined]);
    for (const { reason } of gguf.problems) expect(reason).toMatch(/^the base is a GGUF file, .*converted from$/);
  });
});
