// Made by test/fixtures/architectures/make_size_names.py from transformers 5.23.0; not by hand.

/** Entries that say how large a model is, of two for one size first the one that wins; the model types. */
export const SIZE_NAMES: readonly (readonly [names: string, types: string])[] = [
  [
    `num_hidden_layers hidden_size num_attention_heads intermediate_size`,
    `albert bert bert-generation big_bird biogpt camembert data2vec-text deberta deberta-v2 electra ernie gpt_neox
layoutlm longformer megatron-bert modernbert mpnet nystromformer persimmon rembert roberta
roberta-prelayernorm roformer squeezebert tapas xlm-roberta xlm-roberta-xl yoso`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim intermediate_size`,
    `apertus arcee bamba cohere cohere2 cwm ernie4_5 eurobert exaone4 falcon_h1 gemma gemma2 gemma3_text
gemma3n_text gemma4_unified_text glm glm4 granite helium hunyuan_v1_dense hyperclovax internlm3 iquestcoder
jais2 lfm2 llama minicpm3 ministral ministral3 mistral nemotron olmo olmo2 olmo3 phi phi3 qwen2 qwen3
qwen3_5_text qwen3_vl_text seed_oss smollm3 starcoder2 t5_gemma_module vaultgemma`,
  ],
  [
    `num_hidden_layers hidden_size d_model num_attention_heads`,
    `bart bigbird_pegasus blenderbot blenderbot-small led m2m_100 marian mbart mvp pegasus plbart`,
  ],
  [`num_hidden_layers n_layer n_embed hidden_size num_attention_heads n_head`, `bloom`],
  [
    `num_hidden_layers n_layer hidden_size n_embd num_attention_heads n_head n_inner`,
    `codegen gpt-sw3 gpt2 gpt_bigcode gptj`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
intermediate_size num_experts n_routed_experts`,
    `deepseek_v2`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads moe_intermediate_size intermediate_size
num_local_experts n_routed_experts`,
    `deepseek_v3`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
intermediate_size num_local_experts n_routed_experts`,
    `deepseek_v32 dots1 glm4_moe glm4_moe_lite glm_moe_dsa`,
  ],
  [`num_hidden_layers n_layers hidden_size dim num_attention_heads n_heads hidden_dim`, `distilbert`],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
intermediate_size num_experts moe_num_experts`,
    `ernie4_5_moe`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
intermediate_size num_experts`,
    `exaone_moe gemma4_text lfm2_moe qwen2_moe qwen3_next`,
  ],
  [`num_hidden_layers n_embed hidden_size num_attention_heads num_kv_heads ffn_hidden_size`, `falcon`],
  [`num_hidden_layers num_layers hidden_size num_attention_heads num_heads intermediate_size`, `gpt_neo`],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim intermediate_size num_experts
num_local_experts`,
    `gpt_oss minimax_m2 mixtral`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim intermediate_size
num_local_experts`,
    `granitemoe granitemoehybrid granitemoeshared llama4_text phimoe`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim intermediate_size
num_local_experts num_experts`,
    `hunyuan_v1_moe jamba olmoe`,
  ],
  [
    `num_hidden_layers num_layers hidden_size d_model num_attention_heads num_heads head_dim d_kv d_ff`,
    `longt5 mt5 t5 umt5`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
intermediate_size num_local_experts num_experts`,
    `mellum qwen3_moe qwen3_vl_moe_text`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads intermediate_size`,
    `mllama_text_model qwen2_5_vl_text qwen2_vl_text stablelm youtu`,
  ],
  [`num_hidden_layers n_layers hidden_size d_model num_attention_heads n_heads`, `mpt`],
  [
    `hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size intermediate_size
num_local_experts n_routed_experts`,
    `nemotron_h`,
  ],
  [`num_hidden_layers hidden_size d_model num_attention_heads num_experts`, `nllb-moe`],
  [`num_hidden_layers hidden_size num_attention_heads head_dim intermediate_size`, `nomic_bert`],
  [`num_hidden_layers n_layer hidden_size n_embd num_attention_heads n_head`, `openai-gpt`],
  [`num_hidden_layers hidden_size num_attention_heads ffn_dim`, `opt`],
  [`num_hidden_layers num_layers hidden_size d_model num_attention_heads num_heads d_kv d_ff`, `pop2piano`],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
num_experts`,
    `qwen3_5_moe_text`,
  ],
  [
    `num_hidden_layers hidden_size num_attention_heads num_key_value_heads head_dim moe_intermediate_size
num_local_experts n_routed_experts`,
    `solar_open`,
  ],
  [
    `num_hidden_layers num_layers hidden_size d_model num_attention_heads num_heads d_kv d_ff num_experts`,
    `switch_transformers`,
  ],
  [`num_hidden_layers hidden_size d_model num_attention_heads num_key_value_heads`, `whisper`],
  [`num_hidden_layers num_layers hidden_size d_model num_attention_heads attention_heads ffn_dim`, `xglm`],
  [`num_hidden_layers n_layer hidden_size d_model num_attention_heads n_head d_inner`, `xlnet`],
];
