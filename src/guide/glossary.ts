/** The words of this field in one plain sentence each: for `weightscope explain`, docs/glossary.md and the page. */
export interface Term {
  name: string;
  /** Other spellings and forms by which people look for it. */
  also?: string[];
  meaning: string;
  /** The page of docs that has more. */
  more: string;
}

export const GLOSSARY: readonly Term[] = [
  {
    name: 'token',
    also: ['tokens', 'word', 'words'],
    meaning:
      'A piece of text with a number of its own, a word or a part of one; the model reads and writes nothing else. `·` at its start is a space.',
    more: 'vocabulary.md',
  },
  {
    name: 'vocabulary',
    also: ['vocab'],
    meaning: 'All tokens that a model knows, 16,384 in the built-in one and up to 260,000 in others.',
    more: 'vocabulary.md',
  },
  {
    name: 'E',
    also: ['embedding', 'embeddings', 'embed', 'unembed', 'unembedding'],
    meaning:
      'The matrix with one row of numbers for each token, by which the model turns tokens into vectors (embed) and vectors into tokens (unembed); everything is read by comparing with these rows.',
    more: 'readings.md',
  },
  {
    name: 'residual stream',
    also: ['stream', 'residual'],
    meaning:
      'The vector that goes through all layers at each place of the text; neurons and heads read from it and add to it.',
    more: 'readings.md',
  },
  {
    name: 'score',
    also: ['scores', 'negative score', 'dot product', 'lowest', 'highest'],
    meaning:
      "How well a row of weights fits a token: the product of the row and the token's row of E. High is towards the token, negative away from it, and near 0 neither.",
    more: 'readings.md',
  },
  {
    name: 'freq',
    also: ['normaliser', 'normalisers', 'normalizer', 'frequency', 'normalize'],
    meaning:
      'A normaliser: the score divided by the mean score that this token gets from all rows of this kind in the model, negative ones counted as 0, so that tokens which fit everything do not come first everywhere. 8 is eight times that mean.',
    more: 'readings.md',
  },
  {
    name: 'cosine',
    meaning:
      'A normaliser: the score divided by the lengths of both vectors, from -1 to 1; it compares directions alone, whatever kind of vector is read.',
    more: 'readings.md',
  },
  {
    name: 'none',
    also: ['logit', 'dot'],
    meaning: 'No normaliser: the plain product of the two vectors, in which tokens with long rows of E come first.',
    more: 'readings.md',
  },
  {
    name: 'neuron',
    also: ['neurons', 'feed-forward', 'ff', 'mlp'],
    meaning:
      'One unit of a feed-forward layer: it reads the stream with its key (and up), and where they fit it adds its value to the stream. `4:100` is neuron 100 of layer 4, both counted from 0.',
    more: 'readings.md',
  },
  {
    name: 'key',
    also: ['gate', 'keys'],
    meaning:
      'The row with which a neuron reads: the neuron fires where the stream points towards the tokens of its key.',
    more: 'readings.md',
  },
  {
    name: 'up',
    also: ['gated', 'swiglu', 'geglu'],
    meaning:
      "A second row that is read, in gated models only: it scales what the neuron writes, and turns it round where the stream points away from up's tokens.",
    more: 'readings.md',
  },
  {
    name: 'value',
    also: ['values', 'writes'],
    meaning:
      "The row that a neuron adds to the stream where it fires: the value's first tokens become more likely, its lowest ones less. In gated models it is multiplied by what up reads, and turned round where that is negative.",
    more: 'readings.md',
  },
  {
    name: 'head',
    also: ['heads', 'attention head', 'attention'],
    meaning:
      'One attention head: it looks from one place of the text at others (QK) and brings something from there (VO). `1:5` is head 5 of layer 1, both counted from 0.',
    more: 'readings.md',
  },
  {
    name: 'QK',
    also: ['query', 'attends', 'W_QK'],
    meaning:
      'Where a head looks: the pair `·more → ·than` means that a place with "more" attends to a place with "than".',
    more: 'readings.md',
  },
  {
    name: 'VO',
    also: ['OV', 'W_OV', 'W_VO'],
    meaning:
      'What a head brings from where it looks: the pair `·France → ·French` means that when it attends to "France", it writes "French".',
    more: 'readings.md',
  },
  {
    name: 'pair',
    also: ['pairs', 'interaction', 'token pair'],
    meaning:
      "One entry of a head's table of all tokens by all tokens; the table is never built, and yet the best pairs and the number of pairs above a score are exact.",
    more: 'engine.md',
  },
  {
    name: 'threshold',
    also: ['above', 'below', 'count'],
    meaning: 'A score that chooses pairs: all above it are counted exactly, however many there are.',
    more: 'readings.md',
  },
  {
    name: 'direction',
    also: ['directions', 'spectrum', 'singular', 'svd'],
    meaning:
      'One of the strongest things that a head does, found by singular values: it reads along one vector and writes along another.',
    more: 'statistics.md',
  },
  {
    name: 'copying',
    also: ['copying score', 'copier'],
    meaning: 'How far a head writes the token that it reads: 1 if it always adds to it, -1 if it always takes from it.',
    more: 'statistics.md',
  },
  {
    name: 'null',
    also: ['nulls'],
    meaning:
      'What a number would be by chance, with random directions or shuffled tokens; a number is worth a look when chance hardly ever gives it.',
    more: 'statistics.md',
  },
  {
    name: 'z',
    also: ['z-score'],
    meaning:
      'How far a number is above the mean of what chance gives, counted in standard deviations; negative below it. Beside a first score chance is the best scores of random directions, or the first pairs of random heads; beside a statistic it is the null that is named there. What is far depends on the kind of number, so p says how rare it is.',
    more: 'statistics.md',
  },
  {
    name: 'p',
    also: ['p-value', 'by chance alone'],
    meaning:
      'How often chance gives a number as high: 0.006 is 6 times in 1,000. Where many rows are looked through, some have so small a p by chance alone: of 9,216 neurons, 55 have 0.006. That is what q is for. Two are given: against random directions, which says whether the row does anything, and against shuffled words (in brackets), which says whether it matters which word is which; believe the first.',
    more: 'statistics.md',
  },
  {
    name: 'q',
    also: ['q-value', 'false discoveries'],
    meaning:
      'Of all neurons or heads with as small a p, the share that chance alone would put there (Benjamini and Hochberg): 0.05 is one in twenty.',
    more: 'statistics.md',
  },
  {
    name: 'left out',
    also: ['positions'],
    meaning:
      'What the model does with a row beside what is read here: gains of norms, biases, positions. It is named below each reading, so that nobody takes the reading for all that the model computes.',
    more: 'readings.md',
  },
  {
    name: 'gain',
    also: ['gains', 'gains of norms', 'norm', 'norms', 'layernorm', 'rmsnorm'],
    meaning:
      'What a norm multiplies each number of the stream by, as `norm.attn` before a layer’s heads or `norm.final` before the logits. Those before a layer are folded in on request (fold norm); readings leave out the others.',
    more: 'readings.md',
  },
  {
    name: 'bias',
    also: ['biases'],
    meaning:
      'What is added whatever the text is, as `attn.q_bias` to a query or `unembed_bias` to each token’s logit. Readings leave it out, because it is no part of any one neuron or head.',
    more: 'readings.md',
  },
  {
    name: 'router',
    also: ['expert', 'experts', 'mixture of experts', 'moe'],
    meaning:
      'In a model with experts, the matrix `ff.router` that chooses which of them compute at each place of the text; each expert has neurons of its own. Readings leave out how often one is chosen.',
    more: 'readings.md',
  },
  {
    name: 'rotary',
    also: ['rope', 'rotary positions', 'rotary embedding', 'yarn', 'longrope', 'attention factor', 'rope scaling'],
    meaning:
      'How most newer models tell positions apart: queries and keys are turned by an angle that grows with their place in the text, so that QK depends on how far apart two tokens stand. Readings leave the turning out. What YaRN and LongRoPE multiply queries and keys by besides (the attention factor) is in `attn.q` and `attn.k`, and a note says so.',
    more: 'architectures.md',
  },
  {
    name: 'ALiBi',
    also: ['linear biases', 'attention slopes'],
    meaning:
      'How some models, such as BLOOM, tell positions apart: the farther back a token stands, the more is taken from its attention score, by a slope of each head’s own. It does not depend on which tokens they are, and readings leave it out.',
    more: 'readings.md',
  },
  {
    name: 'factor',
    also: ['factors', 'multiplier', 'multipliers', 'logit scale', 'logits scaling', '1/√d_head', 'embeddings times √d'],
    meaning:
      'One number by which a config has things multiplied or divided: `logit_scale` the logits, `attention_multiplier` or `query_pre_attn_scalar` attention scores (usually 1/√d_head), `residual_multiplier` what a layer adds to the stream. It changes no order of a list, and readings leave it out and name it.',
    more: 'readings.md',
  },
  {
    name: 'cap',
    also: ['caps', 'softcap', 'soft cap', 'softcapping', 'logit softcapping'],
    meaning:
      'A bound that large numbers come near and never pass: `attn_logit_softcapping` for a head’s attention scores, `final_logit_softcapping` for the logits. Such a soft cap keeps the order of what it caps, and readings leave it out.',
    more: 'readings.md',
  },
  {
    name: 'chance',
    also: ['random directions', 'shuffled words', 'first scores', 'meaningful'],
    meaning:
      'What stands beside each first score: how far it is (z) from the best scores of random directions of the same length, and of words put together from the numbers of random words, and how often (p) those are as high. A small p says that the list is no accident; a large one that the score alone is no evidence, and only words which belong together are.',
    more: 'statistics.md',
  },
  {
    name: 'fold norm',
    also: ['fold-norm', 'foldNorm'],
    meaning:
      'The norm before a layer multiplies each number of the stream by a gain; folding multiplies it into the rows that read, so that they are read as the layer uses them.',
    more: 'readings.md',
  },
  {
    name: 'atlas',
    meaning:
      'All readings of a model in a folder of Parquet files, so that neurons and heads are found by word at once.',
    more: 'atlas.md',
  },
  {
    name: 'share',
    also: ['shares', 'met'],
    meaning:
      'How far a word stands out within one neuron: its score beside the length of all scores that are listed of that neuron. Searches are in this order, so that neurons which are merely loud do not come first; `met` says how many of the words that were asked for are there.',
    more: 'atlas.md',
  },
  {
    name: 'composition',
    also: ['compositions', 'circuit', 'circuits', 'q-composition', 'k-composition', 'v-composition'],
    meaning:
      'How much of what one head writes a later head reads, as its query, key or value: the size of the product of their matrices beside the product of their sizes.',
    more: 'statistics.md',
  },
  {
    name: 'checkpoint',
    also: ['model', 'safetensors', 'gguf'],
    meaning: "A trained model's files: its weights, its config and its tokenizer.",
    more: 'architectures.md',
  },
  {
    name: 'engine',
    also: ['wasm', 'native'],
    meaning: 'What computes: in Rust (native) or WebAssembly (wasm), with the same answers to the last bit.',
    more: 'engine.md',
  },
  {
    name: 'alignment',
    also: ['align', 'aligned'],
    meaning:
      'Which layers and neurons of two models say the same of the tokens that both know: their scores for these tokens are correlated, though their numbers have nothing in common.',
    more: 'align.md',
  },
  {
    name: 'kinship',
    also: ['related models'],
    meaning:
      'Whether two models stem from one another; tested by matching their neurons, which keep an order or a place that independent training does not give.',
    more: 'align.md',
  },
  {
    name: 'stitching',
    also: ['stitch', 'stitching kernel'],
    meaning:
      "A linear map from one model's residual stream to another's, made from the tokens that both know, so that one model's vectors can be read with the other's words.",
    more: 'align.md',
  },
];

/** What explains a parameter, by its name without the layer's, or an entry of a config: the first that fits. */
const OF_LEFT_OUT: readonly [pattern: RegExp, term: string][] = [
  [/_bias$/, 'bias'],
  [/^norm\.|\.norm\./, 'gain'],
  [/router/, 'router'],
  [/^attn\.[qk]$/, 'QK'],
  [/^attn\.[vo]$/, 'VO'],
  [/^ff\.(?:\w+\.)?key$/, 'key'],
  [/^ff\.(?:\w+\.)?up$/, 'up'],
  [/^ff\.(?:\w+\.)?value$/, 'value'],
  [/^(?:attn|ff)\.\w|^token_types$/, 'left out'],
  [/soft_?cap/, 'cap'],
  [/_(?:multipliers?|scale|scaling|scalar)\b|^scale_|^dim_model_base\b/, 'factor'],
];

/**
 * The term that explains what a reading names as left out: a parameter, such as `layer.3.norm.attn_post` or
 * `ff.router`, or a config's entry, `logit_scale 0.0625`. Undefined for another text.
 */
export function termOfParameter(name: string): Term | undefined {
  const plain = name.replace(/^layer\.\d+\./, '');
  const found = OF_LEFT_OUT.find(([pattern]) => pattern.test(plain));
  return found && termOf(found[1]);
}

/** The term of that name, or undefined; case, dashes and plural forms do not matter. */
export function termOf(name: string): Term | undefined {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, ' ')
      .trim();
  return GLOSSARY.find((term) => [term.name, ...(term.also ?? [])].some((known) => plain(known) === plain(name)));
}
