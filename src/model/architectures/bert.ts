import type { Architecture } from '../architecture.ts';

/** BERT: norms after each half of a layer, and one after the embeddings. */
export const bert: Architecture = {
  family: 'bert',
  types: ['bert'],
  prefixes: ['bert.'],
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
  prefixes: ['roberta.'],
  model: {
    ...bert.model,
    unembed: ['lm_head.decoder', 'lm_head'],
    'norm.final?': 'lm_head.layer_norm',
  },
};

/** ELECTRA: embeddings may be narrower than d; what widens them is composed into E, on both sides. */
export const electra: Architecture = {
  ...bert,
  family: 'electra',
  types: ['electra'],
  prefixes: ['electra.'],
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

/** DistilBERT: BERT's layers under other names. */
export const distilbert: Architecture = {
  ...bert,
  family: 'distilbert',
  types: ['distilbert'],
  prefixes: ['distilbert.'],
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
