/** Model types of `transformers` that no family reads, by the reason; docs/architectures.md shows them. */
const REASONS: Readonly<Record<string, string>> = {
  'it has neither attention nor feed-forward layers': 'falcon_mamba mamba mamba2 rwkv xlstm',
  'it mixes tokens without attention in a way of its own, or shrinks and widens its sequence between layers':
    'fnet funnel perceiver reformer',
  'its layers are recurrent in a way that is not read yet':
    'bailing_hybrid kimi_linear minimax olmo_hybrid recurrent_gemma zamba zamba2 zaya',
  'its config names two models, of which either may be any':
    'encoder-decoder speech-encoder-decoder vision-encoder-decoder',
  'its encoder attends in a way that is not read yet': 'pegasus_x prophetnet',
  'its experts, or its encoder’s, are not read yet':
    'afmoe aria aria_text dbrx deepseek_v4 flex_olmo granitemoe_swa hy_v3 hy_v4 jetmoe longcat_flash mimo_v2_flash',
  'it has several sets of adapters or of heads for one layer': 'diffllama jina_embeddings_v3 luke xmod',
  'its maps are convolutions, or narrower than the stream between two maps of their own': 'convbert mobilebert',
  'its weights are quantised while it is trained, and only that way right': 'bitnet ibert',
  'its language model reads pictures or sound through layers of their own': 'kosmos-2 kosmos-2.5 idefics moshi',
};

const BY_TYPE = new Map(
  Object.entries(REASONS).flatMap(([reason, types]) => types.split(' ').map((type) => [type, reason] as const)),
);

/** Why a model type is not read. */
export const refusalOf = (type: string): string => BY_TYPE.get(type) ?? 'no family reads its names yet';
