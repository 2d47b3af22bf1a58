import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../../formats/tensor.ts';
import type { Model } from '../../model/types.ts';
import { openModel } from '../../node.ts';
import { fileFolder } from '../../source/file.node.ts';
import { parseAdapterConfig } from './config.ts';
import { fitOf } from './fit.ts';
import { changesOf } from './module-changes.ts';
import { openAdapter } from './open.ts';
import { withAdapter } from './with-adapter.ts';

/** Made with PEFT by adapters.py there: base, adapter, and what `merge_and_unload` makes of both. */
const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/adapters/', import.meta.url));

async function openWith(name: string, of = FIXTURES): Promise<Model> {
  const base = await openModel(`${of}${name}/base`, { cache: undefined });
  return withAdapter(base, await openAdapter(await fileFolder(`${of}${name}/adapter`)));
}

async function largestDifference(a: Model, b: Model): Promise<number> {
  expect([...a.parameters.keys()].sort()).toEqual([...b.parameters.keys()].sort());
  let largest = 0;
  for (const [name, parameter] of a.parameters) {
    const other = b.parameters.get(name)!;
    expect([name, ...parameter.shape]).toEqual([name, ...other.shape]);
    const [x, y] = [await parameter.read(), await other.read()];
    for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i] - y[i]));
  }
  return largest;
}

describe('a model with an adapter', () => {
  const sets = [FIXTURES, process.env.WEIGHTSCOPE_ADAPTERS].filter((of) => of !== undefined && existsSync(of));
  for (const of of sets)
    for (const name of readdirSync(of!, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? one.name : [])))
      it(`has the parameters of the merged checkpoint: ${name}`, async () => {
        const [model, merged] = [await openWith(name, `${of}/`), await openModel(`${of}/${name}/merged`)];
        expect(await largestDifference(model, merged)).toBeLessThan(1e-5);
        await Promise.all([model.close(), merged.close()]);
      });

  it('differs from its base, which the comparison above would see', async () => {
    const [base, merged] = [await openModel(`${FIXTURES}lora/base`), await openModel(`${FIXTURES}lora/merged`)];
    expect(await largestDifference(base, merged)).toBeGreaterThan(1e-2);
    await Promise.all([base.close(), merged.close()]);
  });

  it('is refused whole where one module does not fit, naming it and why', async () => {
    const other = openModel(`${FIXTURES}lora-conv1d/base`, { adapter: `${FIXTURES}lora/adapter` });
    await expect(other).rejects.toThrow(
      /Expected every module of the adapter .* but 14 of 14 cannot be used, "model.layers.0.mlp.down_proj" first: the base has no module of this name/,
    );
    const grown = openModel(`${FIXTURES}whole-head/base`, { adapter: `${FIXTURES}lora-tied/adapter` });
    await expect(openModel('sample', { adapter: `${FIXTURES}lora/adapter` })).rejects.toThrow(
      /found "sample", a GGUF file/,
    );
    await (await grown).close();
  });
  it('adds once what PEFT saved twice of a head that it kept tied, as the model runs', async () => {
    const adapter = await openAdapter(await fileFolder(`${FIXTURES}tied-both/adapter`));
    const tying = { ...adapter, config: { ...adapter.config, keepsTied: true } };
    const alone = { ...adapter, modules: adapter.modules.filter(({ name }) => name !== 'lm_head') };
    const [base, other] = [await openModel(`${FIXTURES}tied-both/base`), await openModel(`${FIXTURES}tied-both/base`)];
    expect(fitOf(base, tying).notes).toEqual([
      expect.stringMatching(/^The adapter's matrices on lm_head are those on model.embed_tokens/),
      expect.stringMatching(/^The base ties its head to its embeddings/),
    ]);
    const [once, embeddings] = [await withAdapter(base, tying), await withAdapter(other, alone)];
    expect(await largestDifference(once, embeddings)).toBe(0);
    await Promise.all([once.close(), embeddings.close()]);
  });
});

const CONFIG = { peft_type: 'LORA', r: 4, lora_alpha: 6 };
const parsed = (config: object) =>
  parseAdapterConfig(new TextEncoder().encode(JSON.stringify(config)), 'adapter_config.json');

describe('adapter_config.json', () => {
  it('gives every module its scale, by the first pattern that its name ends with', () => {
    const config = parsed({
      ...CONFIG,
      alpha_pattern: { q_proj: 12, '.*proj': 2 },
      rank_pattern: { 'layers\\.1\\..*': 8 },
    });
    expect(config.scaleOf('model.layers.0.self_attn.q_proj', 4)).toBe(3);
    expect(config.scaleOf('model.layers.0.self_attn.v_proj', 4)).toBe(0.5);
    expect(config.scaleOf('lm_head', 4)).toBe(1.5);
    expect(config.rankOf('model.layers.1.self_attn.q_proj')).toBe(8);
    expect(parsed({ ...CONFIG, use_rslora: true }).scaleOf('x', 4)).toBe(3);
    // As Python reads them: \Z is the end, {,2} up to two.
    const python = parsed({ ...CONFIG, alpha_pattern: { '.*q_proj\\Z': 12, 'x{,2}y': 8 } });
    expect(['a.q_proj', 'xxy', 'v_proj'].map((name) => python.scaleOf(name, 4))).toEqual([3, 2, 1.5]);
  });

  it('takes a full name for one, dots and all, and groups with Python’s names', () => {
    const ranks = parsed({ ...CONFIG, rank_pattern: { 'layers.0.q_proj': 2, '(?P<n>k|v)_proj|up_proj': 3, '': 5 } });
    const names = ['model.layers.0.q_proj', 'layers.0.q_proj', 'players.0.q_proj', 'layers_0_q_proj', 'a.v_proj', 'b.'];
    // As re.match(rf"^(?:.*\\.)?(?:{pattern})$", name) in Python.
    expect([...names, 'x.up_proj', 'k_proj', 'o_proj'].map(ranks.rankOf)).toEqual([2, 2, 4, 2, 3, 5, 3, 3, 4]);
  });

  it('runs no stranger’s pattern for long, nor many patterns and names', () => {
    const slow = parsed({ ...CONFIG, rank_pattern: { '(a+)+x': 1, '(?:a|a)*b': 2, '((a?){20}){20}': 3 } });
    expect(slow.rankOf('a'.repeat(5000))).toBe(4);
    const wide = parsed({ ...CONFIG, alpha_pattern: { '(a|b|[ab]|.)*(a|b|.)*(.|a)*x': 1 } });
    expect(() => wide.alphaOf('ab'.repeat(2_000_000))).toThrow(/`alpha_pattern`.*take too long/);
    const many = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`x${i}`, 1]));
    const each = parsed({ ...CONFIG, rank_pattern: many });
    expect(() => Array.from({ length: 10_000 }, (_, i) => each.rankOf(`layers.${i}.q_proj`))).toThrow(/take too long/);
    const names = Array.from({ length: 100_000 }, (_, i) => `module${i}`);
    const whole = parsed({ ...CONFIG, modules_to_save: names });
    expect(names.every((name) => whole.brings(`model.${name}`))).toBe(true);
    expect(whole.brings(`${'.'.repeat(1_000_000)}lm_head`)).toBe(false);
  });

  it('takes PEFT’s 8 for a missing alpha, and says so of 0', () => {
    expect(parsed({ peft_type: 'LORA', r: 4 }).scaleOf('x', 4)).toBe(2);
    expect(parsed({ peft_type: 'LORA', r: 4 }).notes).toEqual([
      'The config gives no `lora_alpha`: 8 is taken, as PEFT does.',
    ]);
    expect(parsed({ ...CONFIG, lora_alpha: 0 }).notes[0]).toMatch(/multiplied by 0/);
  });

  it('says of a convolution in groups why LoRA on it cannot be added, as PEFT does not merge it', () => {
    // The shapes that PEFT saves for LoRA of rank 4 on SqueezeBERT's queries, 8 inputs in 2 groups.
    const made = (down: readonly number[], up: readonly number[]) => {
      const info = (name: string, shape: readonly number[]) => ({ name, shape }) as TensorInfo;
      const tensors = new Map([
        ['lora_A', info('a', down)],
        ['lora_B', info('b', up)],
      ]);
      const target = { weight: info('weight', [8, 4, 1]), bias: undefined, conv1d: false };
      return () => changesOf({ name: 'query', tensors, wrapped: false }, parsed(CONFIG), target);
    };
    expect(made([4, 8, 1], [8, 2, 1])).toThrow(
      /found a convolution in 2 groups, each output of which takes 4 of 8 inputs .* PEFT does not merge it either/,
    );
    expect(made([4, 8, 1], [8, 4, 1])).toThrow(/the adapter was made for another model/);
    expect(made([4, 4, 1], [8, 4, 1])).not.toThrow();
  });

  it('refuses by name what it does not read', () => {
    expect(() => parsed({ ...CONFIG, peft_type: 'VERA' })).toThrow(/found the text "VERA"/);
    expect(() => parsed({ ...CONFIG, alora_invocation_tokens: [1] })).toThrow(/aLoRA/);
    expect(() => parsed({ ...CONFIG, target_parameters: ['mlp.experts.down_proj'] })).toThrow(
      /found `target_parameters` .* does not say which matrices are whose/,
    );
    expect(() => parsed({ ...CONFIG, init_lora_weights: 'pissa_niter_16' })).toThrow(/"pissa_niter_16"/);
    expect(() => parsed({ ...CONFIG, init_lora_weights: 'OLoRA' })).toThrow(/"OLoRA"/);
    expect(() => parsed({})).toThrow(/Expected an adapter of kind LORA, IA3/);
    expect(() => parsed({ ...CONFIG, lora_alpha: '6' })).toThrow(/`lora_alpha`/);
    expect(() => parsed({ ...CONFIG, rank_pattern: { '(': 1 } })).toThrow(/regular expression in `rank_pattern`/);
  });
});
