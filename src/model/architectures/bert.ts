import { WeightscopeError } from '../../errors.ts';
import { type Architecture, type Config, concatenated, fusedQkv, grouped, half, type Spec } from '../architecture.ts';

/** BERT: norms after each half of a layer, and one after the embeddings. */
export const bert: Architecture = {
  family: 'bert',
  types: ['bert', 'ernie', 'big_bird', 'roformer', 'nezha', 'tapas', 'layoutlm', 'yoso', 'nystromformer'],
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
  types: ['roberta', 'xlm-roberta', 'camembert', 'data2vec-text', 'bert-generation', 'longformer'],
  model: {
    ...bert.model,
    unembed: ['lm_head.decoder', 'lm_head'],
    'norm.final?': 'lm_head.layer_norm',
  },
};

/** XLM-RoBERTa XL: norms before each half. */
export const xlmRobertaXl: Architecture = {
  ...roberta,
  family: 'xlm-roberta-xl',
  types: ['xlm-roberta-xl'],
  // The last norm of its encoder comes before the head's own.
  model: { ...roberta.model, 'norm.final?': ['encoder.LayerNorm', 'lm_head.layer_norm'] },
  parameters: {
    'norm.attn': 'attention.self_attn_layer_norm',
    'attn.q': 'attention.self.query',
    'attn.k': 'attention.self.key',
    'attn.v': 'attention.self.value',
    'attn.o': 'attention.output.dense',
    'norm.ff': 'LayerNorm',
    'ff.key': 'intermediate.dense',
    'ff.value': 'output.dense',
  },
};

/** RoBERTa with its norms before each half. */
export const robertaPrenorm: Architecture = {
  ...roberta,
  family: 'roberta-prelayernorm',
  types: ['roberta-prelayernorm'],
  model: { ...roberta.model, 'norm.final?': ['LayerNorm', 'lm_head.layer_norm'] },
  parameters: {
    'norm.attn': 'attention.LayerNorm',
    'attn.q': 'attention.self.query',
    'attn.k': 'attention.self.key',
    'attn.v': 'attention.self.value',
    'attn.o': 'attention.output.dense',
    'norm.ff': 'intermediate.LayerNorm',
    'ff.key': 'intermediate.dense',
    'ff.value': 'output.dense',
  },
};

/** SqueezeBERT: BERT's layers, their maps convolutions of width 1, most of them in groups. */
export const squeezebert: Architecture = {
  ...bert,
  family: 'squeezebert',
  types: ['squeezebert'],
  layer: 'encoder.layers.{n}.',
  parameters: {
    'attn.q': { name: 'attention.query', groups: groupsOf('q_groups', 4) },
    'attn.k': { name: 'attention.key', groups: groupsOf('k_groups', 4) },
    'attn.v': { name: 'attention.value', groups: groupsOf('v_groups', 4) },
    'attn.o': { name: 'post_attention.conv1d', groups: groupsOf('post_attention_groups', 1) },
    'norm.attn_post': 'post_attention.layernorm',
    'ff.key': { name: 'intermediate.conv1d', groups: groupsOf('intermediate_groups', 4) },
    'ff.value': { name: 'output.conv1d', groups: groupsOf('output_groups', 4) },
    'norm.ff_post': 'output.layernorm',
  },
};

/** Groups that a config names, else its class's. */
function groupsOf(name: string, usual: number): (config: Config) => number {
  return ({ [name]: groups = usual }) => (Number.isInteger(groups) ? (groups as number) : usual);
}

/** Megatron's BERT: norms before each half. */
export const megatronBert: Architecture = {
  ...bert,
  family: 'megatron-bert',
  types: ['megatron-bert'],
  model: { ...bert.model, 'norm.final?': ['encoder.ln', 'cls.predictions.transform.LayerNorm'] },
  parameters: {
    'norm.attn': 'attention.ln',
    'attn.q': 'attention.self.query',
    'attn.k': 'attention.self.key',
    'attn.v': 'attention.self.value',
    'attn.o': 'attention.output.dense',
    'norm.ff': 'ln',
    'ff.key': 'intermediate.dense',
    'ff.value': 'output.dense',
  },
};

/** RemBERT: embeddings narrower than d, and a head wider than it. */
export const rembert: Architecture = {
  ...bert,
  family: 'rembert',
  types: ['rembert'],
  model: { ...bert.model, 'norm.embed?': [], 'norm.final?': [], 'positions?': [], 'token_types?': [] },
  projections: {
    embed: 'encoder.embedding_hidden_mapping_in',
    unembed: 'cls.predictions.dense',
    whereNarrow: true,
  },
  aside: /^(embeddings\.(LayerNorm|position_embeddings|token_type_embeddings)|cls\.predictions\.LayerNorm)\./,
};

/** MPNet: BERT's layers, positions in their attention. */
export const mpnet: Architecture = {
  ...roberta,
  family: 'mpnet',
  types: ['mpnet'],
  parameters: {
    ...(bert.parameters as Spec),
    'attn.q': 'attention.attn.q',
    'attn.k': 'attention.attn.k',
    'attn.v': 'attention.attn.v',
    'attn.o': 'attention.attn.o',
    'norm.attn_post': 'attention.LayerNorm',
  },
  aside: /relative_attention_bias/,
};

/** Nomic's BERT: fused tensors, and a gate, which is the second of its two maps. */
export const nomicBert: Architecture = {
  ...bert,
  family: 'nomic_bert',
  types: ['nomic_bert'],
  model: {
    ...bert.model,
    'norm.embed?': 'emb_ln',
    'norm.final?': 'cls.predictions.transform.layer_norm',
  },
  layer: 'encoder.layers.{n}.',
  rotary: 'first',
  parameters: {
    ...fusedQkv('attn.Wqkv', concatenated),
    'attn.o': 'attn.out_proj',
    'norm.attn_post': 'norm1',
    'ff.key': 'mlp.fc12',
    'ff.up': 'mlp.fc11',
    'ff.value': 'mlp.fc2',
    'norm.ff_post': 'norm2',
  },
};

/** The first DeBERTa: q, k and v interleaved per head, biases of q and v alone, positions in the attention. */
export const debertaV1: Architecture = {
  ...bert,
  family: 'deberta',
  types: ['deberta'],
  model: {
    ...bert.model,
    unembed: ['cls.predictions.decoder', 'cls.predictions', 'lm_predictions.lm_head'],
    'norm.final?': ['cls.predictions.transform.LayerNorm', 'lm_predictions.lm_head.LayerNorm'],
  },
  parameters: {
    ...(bert.parameters as Spec),
    'attn.q': { name: 'attention.self.in_proj', part: grouped('q'), bias: 'attention.self.q_bias' },
    'attn.k': { name: 'attention.self.in_proj', part: grouped('k') },
    'attn.v': { name: 'attention.self.in_proj', part: grouped('v'), bias: 'attention.self.v_bias' },
  },
  aside: /\.pos_(q_)?proj\.|rel_embeddings/,
};

/** XLNet: heads kept apart, input first. */
export const xlnet: Architecture = {
  family: 'xlnet',
  types: ['xlnet'],
  model: { embed: 'word_embedding', unembed: 'lm_loss' },
  layer: 'layer.{n}.',
  parameters: {
    'attn.q': { name: 'rel_attn.q', layout: 'conv1d' },
    'attn.k': { name: 'rel_attn.k', layout: 'conv1d' },
    'attn.v': { name: 'rel_attn.v', layout: 'conv1d' },
    'attn.o': 'rel_attn.o',
    'norm.attn_post': 'rel_attn.layer_norm',
    'ff.key': 'ff.layer_1',
    'ff.value': 'ff.layer_2',
    'norm.ff_post': 'ff.layer_norm',
  },
  // Maps and biases of positions and segments, and the vector of a place that is to be guessed.
  aside: /rel_attn\.(r|r_[rsw]_bias|seg_embed)$|^mask_emb$/,
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

/** What is as wide as the embeddings where those are narrower than d. */
const NARROW = /^embeddings\.(LayerNorm|position_embeddings|token_type_embeddings)\./;

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
  aside: NARROW,
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
    // ModernVBERT's head has another name.
    unembed: ['decoder', 'lm_head'],
    'norm.embed?': 'embeddings.norm',
    'norm.final?': 'final_norm',
  },
  layer: 'layers.{n}.',
  rotary: 'first',
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
