import { describe, expect, it } from 'vitest';
import { type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead, readHeadRow } from './heads.ts';
import { readNeuron } from './neurons.ts';
import type { VectorKind } from './parameters.ts';
import { unusedInWords, unusedOf } from './unused.ts';
import { readVector } from './vectors.ts';

const engine = referenceEngine();

/** A tiny model with more parameters and another config. */
function having(
  names: readonly string[],
  config: Record<string, unknown> = {},
  without: RegExp = /positions/,
): TinyModel {
  const model = tinyModel();
  const parameters = model.parameters as Map<string, unknown>;
  for (const name of [...parameters.keys()]) if (without.test(name)) parameters.delete(name);
  const norm = model.parameters.get('norm.final')!;
  for (const name of names) parameters.set(name, { ...norm, name });
  return Object.assign(model, { config });
}

const said = (model: TinyModel, kinds: VectorKind[], layer?: number) => unusedInWords(unusedOf(model), kinds, layer);

describe('what readings leave out', () => {
  it('is said of the gains of norms, for the vectors that pass them', () => {
    const names = ['norm.q', 'norm.k', 'norm.attn_post', 'norm.ff_post'].flatMap((name) => [
      `layer.0.${name}`,
      `layer.1.${name}`,
    ]);
    const model = having([...names, 'norm.embed']);
    expect(said(model, ['ff.value'])).toEqual(['Left out: gains of norms (norm.final, norm.ff_post).']);
    expect(said(model, ['ff.key'])).toEqual(['Left out: gains of norms (norm.embed).']);
    expect(said(model, ['attn.v', 'attn.o'])[0]).toMatch(/gains of norms \(norm.final, norm.attn_post, norm.embed\)/);
    expect(said(model, ['attn.q', 'attn.k'])[0]).toMatch(/gains of norms \(norm.q, norm.k, norm.embed\)/);
  });

  it('is said of biases, and only in layers that have them', () => {
    const model = having(['layer.1.ff.key_bias', 'layer.1.norm.ff_bias', 'layer.0.attn.q_bias', 'unembed_bias']);
    expect(said(model, ['ff.key'], 1)).toEqual(['Left out: biases (ff.key_bias, norm.ff_bias).']);
    expect(said(model, ['ff.key'], 0)).toEqual([]);
    expect(said(model, ['attn.q'], 0)[0]).toMatch(/biases \(attn.q_bias\)/);
    expect(said(model, ['ff.value'])[0]).toMatch(/biases \(unembed_bias\)/);
  });

  it.each([
    [{ rope_theta: 1e4 }, 'rotary'],
    [{ rotary_pct: 0.25 }, 'rotary'],
    [{ alibi: true }, 'ALiBi'],
    [{ model_type: 'bloom' }, 'as the model makes them'],
    [{ model_type: 'llama', 'llama.rope.freq_base': 1e4 }, 'rotary'],
  ])('is said of positions (%j)', (config, name) => {
    expect(said(having([], config), ['attn.q', 'attn.k'])[0]).toBe(`Left out: positions (${name}).`);
    expect(said(having([], config), ['ff.key'])).toEqual([]);
    expect(said(having([], config, /^$/), ['attn.k']).at(-1)).toMatch(/positions \(their embeddings\)/);
  });

  it.each<[Record<string, unknown>, VectorKind, string | undefined]>([
    [{ logit_scale: 0.0625 }, 'attn.o', 'logit_scale 0.0625'],
    [{ logits_scaling: 8 }, 'ff.value', 'logits_scaling 8'],
    [{ logits_scaling: 8 }, 'ff.key', undefined],
    [{ logit_scale: 1 }, 'attn.o', undefined],
    [{ final_logit_softcapping: 30 }, 'ff.value', 'final_logit_softcapping 30'],
    [{ final_logit_softcapping: null }, 'ff.value', undefined],
    [{ attn_logit_softcapping: 50 }, 'attn.q', 'attn_logit_softcapping 50'],
    [{ attn_logit_softcapping: 50 }, 'attn.v', undefined],
    [{ embedding_multiplier: 12 }, 'ff.key', 'embedding_multiplier 12'],
    [{ scale_emb: 12 }, 'attn.v', 'scale_emb 12'],
    [{ scale_embedding: true }, 'attn.v', 'scale_embedding'],
    [{ scale_embedding: false }, 'attn.v', undefined],
    [{ rescale_embeddings: true }, 'attn.v', 'rescale_embeddings'],
    [{ attn_config: { clip_qkv: 8, alibi: true } }, 'attn.v', 'clip_qkv 8'],
    [{ residual_multiplier: 0.22 }, 'attn.o', 'residual_multiplier 0.22'],
    [{ scale_depth: 1.4 }, 'ff.value', 'scale_depth 1.4'],
    [{ attention_multiplier: 0.0078125 }, 'attn.k', 'attention_multiplier 0.0078125'],
    [{ attention_multiplier: 3 ** -0.5 }, 'attn.k', undefined],
    [{ query_pre_attn_scalar: 256 }, 'attn.q', 'query_pre_attn_scalar 256'],
    [{ query_pre_attn_scalar: 3 }, 'attn.q', undefined],
    [{ lm_head_multiplier: 0.03 }, 'ff.value', 'lm_head_multiplier 0.03'],
    [{ mlp_multipliers: [0.5, 0.25] }, 'ff.up', 'mlp_multipliers 0.5 0.25'],
    [{ mlp_multipliers: [1, 1] }, 'ff.up', undefined],
    [{ clip_qkv: 8 }, 'attn.v', 'clip_qkv 8'],
    [{ dim_model_base: 256, hidden_size: 2304 }, 'ff.value', 'dim_model_base 256'],
    [{ ffn_dim_multiplier: 1.3, rope_scaling: { factor: 8 }, initializer_range: 0.02 }, 'ff.key', undefined],
    [{ model_type: 'gemma' }, 'ff.key', 'embeddings times √d'],
    [{ model_type: 'vaultgemma' }, 'ff.key', 'embeddings times √d'],
    [{ model_type: 't5gemma' }, 'ff.key', 'embeddings times √d'],
    [{ model_type: 'command-r', 'command-r.logit_scale': 0.0625 }, 'ff.value', 'logit_scale 0.0625'],
    [{ model_type: 'granite', 'granite.residual_scale': 0.22 }, 'attn.o', 'residual_scale 0.22'],
  ])('is said of factors and caps in the config: %j of %s', (config, kind, name) => {
    const [note = ''] = said(having([], config), [kind]);
    const found = /factors and caps of the config \((.*?)\)/.exec(note)?.[1];
    expect(found).toBe(name);
  });

  it('is said of parameters that are not known here', () => {
    const model = having(['layer.0.attn.sinks', 'layer.1.attn.sinks', 'layer.0.ff.router', 'token_types']);
    expect(said(model, ['attn.q'], 1)[0]).toMatch(/sinks/);
    expect(said(model, ['attn.k'], 0)[0]).toMatch(/other parameters \(attn.sinks, token_types\)/);
    expect(said(model, ['ff.value'], 0)[0]).toMatch(/other parameters \(ff.router\)/);
    expect(said(model, ['ff.value'], 1).join()).not.toMatch(/router/);
  });

  it('is said of the norms around experts and around what they share where each applies', () => {
    const model = having(['layer.0.norm.ff_shared', 'layer.0.norm.ff_shared_post', 'layer.0.norm.ff_experts_post']);
    expect(said(model, ['ff.key'], 0).join()).not.toMatch(/norm\.ff_/);
    expect(said(model, ['ff.value'], 0)[0]).toMatch(/norm\.ff_shared_post, norm\.ff_experts_post/);
  });

  it('stands in the readings that it applies to, also where norms are folded in', async () => {
    const model = having(['layer.0.norm.q', 'layer.0.norm.ff_post', 'layer.0.attn.v_bias']);
    for (const foldNorm of [false, true]) {
      const notes = async (matrix: 'vo' | 'qk') =>
        (await readHead(model, 0, 1, { engine, foldNorm, matrices: [matrix], k: 1 })).applied.notes.join(' ');
      expect(await notes('qk')).toMatch(/norm\.q\).*positions \(/);
      expect(await notes('vo')).toMatch(/attn\.v_bias/);
      expect(await notes('vo')).not.toMatch(/norm\.q|positions/);
      const neuron = await readNeuron(model, 0, 1, { engine, foldNorm, parts: ['value'] });
      expect(neuron.applied.notes.join()).toMatch(/norm\.final, norm\.ff_post/);
      const row = await readHeadRow(model, 0, 1, 'qk', 3, { engine, foldNorm });
      expect(row.applied.notes.join(' ')).toMatch(/norm\.q\)/);
    }
    expect((await readVector(model, 'tok:#3', { engine })).applied.notes).toEqual(['made of random numbers']);
  });
});
