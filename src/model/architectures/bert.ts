import { WeightscopeError } from '../../errors.ts';
import { type Architecture, concatenated, fusedQkv, half } from '../architecture.ts';

/** BERT: norms after each half of a layer, and one after the embeddings. */
export const bert: Architecture = {
  family: 'bert',
  types: ['bert', 'ernie'],
  model: {
    embed: 'embeddings.word_embeddings',
    unembed: ['cls.predictions.decoder', 'cls.predictions'],
    'positions?': 'embeddings.position_embeddings',
    'token_types?': 'embeddings.token_type_embeddings',
    'norm.embed?': 'embeddings.LayerNorm',
    'norm.final?': 'cls.predictions.transform.LayerNorm',
  },
  layer: 'encoder.layer.{n}.',
  parameters: {
    'attn.q': 'attention.self.query',
    'attn.k': 'attention.self.key',
    'attn.v': 'attention.self.value',
    'attn.o': 'attention.output.dense',
    'norm.attn_post': 'attention.output.LayerNorm',
    'ff.key': 'intermediate.dense',
    'ff.value': 'output.dense',
    'norm.ff_post': 'output.LayerNorm',
  },
};

/** RoBERTa and its kin: BERT with another head. */
export const roberta: Architecture = {
  ...bert,
  family: 'roberta',
  types: ['roberta', 'xlm-roberta', 'camembert'],
  model: {
    ...bert.model,
    unembed: ['lm_head.decoder', 'lm_head'],
    'norm.final?': 'lm_head.layer_norm',
  },
};

/** DeBERTa 2 and 3: BERT with positions in its attention. */
export const deberta: Architecture = {
  ...bert,
  family: 'deberta-v2',
  types: ['deberta-v2'],
  model: {
    ...bert.model,
    unembed: ['cls.predictions.decoder', 'cls.predictions', 'lm_predictions.lm_head'],
    'norm.final?': ['cls.predictions.transform.LayerNorm', 'lm_predictions.lm_head.LayerNorm'],
  },
  parameters: {
    ...bert.parameters,
    'attn.q': 'attention.self.query_proj',
    'attn.k': 'attention.self.key_proj',
    'attn.v': 'attention.self.value_proj',
  },
};

/** ELECTRA: embeddings may be narrower than d; what widens them is composed into E, on both sides. */
export const electra: Architecture = {
  ...bert,
  family: 'electra',
  types: ['electra'],
  model: {
    ...bert.model,
    unembed: 'generator_lm_head',
    // These two are as wide as the embeddings, not as the residual stream: they have no place among its vectors.
    'norm.embed?': [],
    'norm.final?': [],
    'positions?': [],
    'token_types?': [],
  },
  projections: { embed: 'embeddings_project', unembed: 'embeddings_project' },
};

/** ALBERT: one layer that is run many times; embeddings as ELECTRA's. */
export const albert: Architecture = {
  ...electra,
  family: 'albert',
  types: ['albert'],
  model: { ...electra.model, unembed: ['predictions.decoder', 'predictions'] },
  projections: { embed: 'encoder.embedding_hidden_mapping_in', unembed: 'encoder.embedding_hidden_mapping_in' },
  notes: ['ALBERT runs one layer again and again: all layers have the same parameters.'],
  sizes: ({ num_hidden_groups: groups = 1, inner_group_num: inner = 1 }) => {
    if (groups === 1 && inner === 1) return {};
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected an ALBERT with one layer for all (num_hidden_groups 1, inner_group_num 1), got ${groups} and ${inner}.`,
    );
  },
  layer: 'encoder.albert_layer_groups.0.albert_layers.0.',
  parameters: {
    'attn.q': 'attention.query',
    'attn.k': 'attention.key',
    'attn.v': 'attention.value',
    'attn.o': 'attention.dense',
    'norm.attn_post': 'attention.LayerNorm',
    'ff.key': 'ffn',
    'ff.value': 'ffn_output',
    'norm.ff_post': 'full_layer_layer_norm',
  },
};

/** ModernBERT: norms before each half (the first layer's is the one after the embeddings), a gate, fused tensors. */
export const modernBert: Architecture = {
  family: 'modernbert',
  types: ['modernbert'],
  model: {
    embed: 'embeddings.tok_embeddings',
    unembed: 'decoder',
    'norm.embed?': 'embeddings.norm',
    'norm.final?': 'final_norm',
  },
  layer: 'layers.{n}.',
  parameters: {
    'norm.attn?': 'attn_norm',
    ...fusedQkv('attn.Wqkv', concatenated),
    'attn.o': 'attn.Wo',
    'norm.ff': 'mlp_norm',
    'ff.key': { name: 'mlp.Wi', part: half(0) },
    'ff.up': { name: 'mlp.Wi', part: half(1) },
    'ff.value': 'mlp.Wo',
  },
};

/** DistilBERT: BERT's layers under other names. */
export const distilbert: Architecture = {
  ...bert,
  family: 'distilbert',
  types: ['distilbert'],
  model: {
    embed: 'embeddings.word_embeddings',
    unembed: 'vocab_projector',
    'positions?': 'embeddings.position_embeddings',
    'norm.embed?': 'embeddings.LayerNorm',
    'norm.final?': 'vocab_layer_norm',
  },
  layer: 'transformer.layer.{n}.',
  parameters: {
    'attn.q': 'attention.q_lin',
    'attn.k': 'attention.k_lin',
    'attn.v': 'attention.v_lin',
    'attn.o': 'attention.out_lin',
    'norm.attn_post': 'sa_layer_norm',
    'ff.key': 'ffn.lin1',
    'ff.value': 'ffn.lin2',
    'norm.ff_post': 'output_layer_norm',
  },
};
