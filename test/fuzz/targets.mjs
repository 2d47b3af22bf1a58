// What is fuzzed: each target makes an input from randomness (bytes, nearly right) and reads it as the library does.
import { readFileSync } from 'node:fs';
import { anyJson, mutated, or, word } from './random.mjs';

const here = (name) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const json = (value) => Buffer.from(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
};

/** Targets over the library built in `dist`. */
export async function targetsOf(dist) {
  const load = (path) => import(`${dist}/${path}.js`);
  const { memorySource, memoryFolder } = await load('source/memory');
  const { openTensorFile } = await load('formats/open');
  const { readTensor } = await load('formats/read');
  const { readShardedSafetensors } = await load('formats/safetensors/sharded');
  const { readNpy } = await load('formats/npy/read');
  const { readVocabulary } = await load('vocabulary/read');
  const { vocabularyFromGguf } = await load('vocabulary/gguf');
  const { readConfig } = await load('model/config');
  const { openModel } = await load('model/open');
  const { parseManifest } = await load('atlas/manifest');
  const { parseExpression } = await load('reading/expression');
  const { parseVector } = await load('reading/vector-file');
  const { parseJson } = await load('json');

  const readWeights = async (bytes) => {
    const { tensors } = await openTensorFile(memorySource(bytes));
    for (const info of tensors.values()) if (info.end - info.start < 1e6) await readTensor(info);
  };
  const look = (vocabulary) => {
    if (!vocabulary) return;
    for (let id = 0; id < Math.min(vocabulary.size, 40); id++) {
      vocabulary.token(id);
      vocabulary.label(id, 'notebook');
      vocabulary.normal(id);
    }
    vocabulary.find('king');
    vocabulary.mask({ onlyEnglish: true, onlyAlnum: true, excludeBrackets: true, noSpecial: true });
  };
  const readTokens = (name) => async (bytes) =>
    look((await readVocabulary(memoryFolder({ [name]: bytes }), 40, { model_type: 't5' })).vocabulary);
  const models = ['sp-bpe.model', 'sp-unigram.model'].map((name) => here(`vocabulary/${name}`));
  const npy = here('formats/npy/fortran.npy');
  const blocks = here('gguf/blocks.gguf');

  return {
    safetensors: { make: (random) => mutated(safetensors(random), random), run: readWeights },
    index: {
      make: (random) => {
        const files = ['a.safetensors', 'b.safetensors'];
        const map = Object.fromEntries(random.times(6, () => [word(random), or(random, random.pick(files))]));
        return mutated(json(or(random, { metadata: or(random, {}), weight_map: or(random, map) })), random);
      },
      run: (bytes) =>
        readShardedSafetensors(
          memoryFolder({ 'model.safetensors.index.json': bytes, 'a.safetensors': WEIGHTS, 'b.safetensors': WEIGHTS }),
        ),
    },
    gguf: {
      make: (random) => (random.chance(0.02) ? mutated(blocks, random) : mutated(gguf(random), random)),
      run: async (bytes) => {
        const { metadata, tensors } = await openTensorFile(memorySource(bytes));
        look(vocabularyFromGguf(metadata, 40));
        for (const info of tensors.values()) if (info.end - info.start < 1e6) await readTensor(info);
      },
    },
    'gguf model': {
      make: (random) => mutated(gguf(random), random),
      run: (bytes) => openModel({ 'model.gguf': bytes }),
    },
    npy: { make: (random) => mutated(npy, random), run: readNpy },
    'tokenizer.json': { make: (random) => mutated(json(tokenizer(random)), random), run: readTokens('tokenizer.json') },
    'vocab.json': {
      make: (random) =>
        mutated(json(Object.fromEntries(random.times(9, (i) => [word(random), or(random, i)]))), random),
      run: readTokens('vocab.json'),
    },
    'vocab.txt': {
      make: (random) => mutated(Buffer.from(random.times(9, () => word(random)).join('\n')), random),
      run: readTokens('vocab.txt'),
    },
    'tokenizer.model': {
      make: (random) => mutated(random.pick(models).subarray(0, 1 + random.below(900)), random),
      run: readTokens('tokenizer.model'),
    },
    'spiece.model': { make: (random) => mutated(random.pick(models), random), run: readTokens('spiece.model') },
    tiktoken: {
      make: (random) =>
        mutated(
          Buffer.from(random.times(9, (i) => `${Buffer.from(word(random)).toString('base64')} ${i}`).join('\n')),
          random,
        ),
      run: readTokens('tiktoken.model'),
    },
    'tekken.json': {
      make: (random) => {
        const vocab = random.times(9, (rank) =>
          or(random, { rank, token_bytes: Buffer.from(word(random)).toString('base64') }),
        );
        const config = { default_vocab_size: or(random, 12), default_num_special_tokens: or(random, 2) };
        return mutated(
          json({ config: or(random, config), vocab, special_tokens: or(random, [{ rank: 0, token_str: '<s>' }]) }),
          random,
        );
      },
      run: readTokens('tekken.json'),
    },
    config: {
      make: (random) => mutated(json(config(random)), random),
      run: (bytes) => readConfig(memoryFolder({ 'config.json': bytes })),
    },
    model: {
      make: (random) => mutated(json(config(random)), random),
      run: (bytes) => openModel({ 'config.json': bytes, 'model.safetensors': WEIGHTS }),
    },
    manifest: {
      make: (random) => mutated(json(manifest(random)), random),
      run: (bytes) => parseManifest(bytes, 'atlas'),
    },
    expression: {
      make: (random) => mutated(Buffer.from(expression(random)), random),
      run: (bytes) => parseExpression(bytes.toString()),
    },
    'vector file': {
      make: (random) => mutated(random.pick([npy, json([[1, 2, 3]]), safetensors(random)]), random),
      run: (bytes) => parseVector(bytes, 'v'),
    },
    // Two readers of JSON, which have to agree: ours takes less only where it says so.
    json: {
      make: (random) => mutated(json(anyJson(random)), random),
      run: (bytes) => {
        const theirs = attempt(() =>
          JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
        );
        const ours = attempt(() => parseJson(bytes, { python: true }));
        if (ours.error && !theirs.error) throw new Error(`refused: ${ours.error.message}`);
        if (theirs.error && !ours.error && !/NaN|Infinity/.test(bytes.toString()))
          throw new Error('taken, but JSON.parse refuses it');
        if (
          !ours.error &&
          !theirs.error &&
          !bytes.includes('__proto__') &&
          JSON.stringify(ours.value) !== JSON.stringify(theirs.value)
        )
          throw new Error('read otherwise than JSON.parse does');
      },
    },
  };
}

function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

const DTYPES = { F32: 4, F16: 2, BF16: 2, I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, I64: 8, C64: 8 };

function safetensors(random) {
  const header = {};
  let at = 0;
  if (random.chance(0.3)) header.__metadata__ = or(random, { format: 'pt' }, 0.2);
  for (const name of random.times(5, () => word(random))) {
    const dtype = random.pick(Object.keys(DTYPES));
    const shape = random.times(3, () => random.below(4));
    const bytes = shape.reduce((a, b) => a * b, 1) * DTYPES[dtype];
    header[name] = or(
      random,
      {
        dtype: or(random, dtype, 0.02),
        shape: or(random, shape, 0.02),
        data_offsets: or(random, [at, at + bytes], 0.02),
      },
      0.02,
    );
    at += bytes;
  }
  const bytes = json(header);
  return Buffer.concat([u64(bytes.length), bytes, Buffer.alloc(at, random.below(256))]);
}

/** A whole small Llama, for configs. */
const WEIGHTS = (() => {
  const [d, ff, vocab] = [4, 3, 5];
  const names = { 'model.embed_tokens.weight': [vocab, d], 'model.norm.weight': [d], 'lm_head.weight': [vocab, d] };
  const layer = {
    'self_attn.q_proj': [d, d],
    'self_attn.k_proj': [d, d],
    'self_attn.v_proj': [d, d],
    'self_attn.o_proj': [d, d],
    'mlp.gate_proj': [ff, d],
    'mlp.up_proj': [ff, d],
    'mlp.down_proj': [d, ff],
    input_layernorm: [d],
    post_attention_layernorm: [d],
  };
  for (const [name, shape] of Object.entries(layer)) names[`model.layers.0.${name}.weight`] = shape;
  const header = {};
  let at = 0;
  for (const [name, shape] of Object.entries(names)) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const bytes = json(header);
  return Buffer.concat([u64(bytes.length), bytes, Buffer.alloc(at)]);
})();

function config(random) {
  const types = [
    'llama',
    'gpt2',
    'bert',
    'opt',
    'gemma3',
    'mixtral',
    't5',
    'constructor',
    'qwen3_moe',
    'falcon',
    'llava',
  ];
  const sizes = {
    hidden_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    intermediate_size: 3,
    vocab_size: 5,
    head_dim: 2,
  };
  const inner = {
    model_type: random.chance(0.6) ? 'llama' : random.pick(types),
    ...sizes,
    tie_word_embeddings: random.chance(0.5),
  };
  for (const key of Object.keys(inner)) inner[key] = or(random, inner[key], 0.04);
  if (random.chance(0.1)) inner.quantization_config = anyJson(random);
  return or(
    random,
    random.chance(0.2) ? { model_type: random.pick(types), text_config: or(random, inner) } : inner,
    0.02,
  );
}

const SCALARS = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

function ggufValue(random, type, depth = 0) {
  if (type === 8) return text(word(random));
  if (type === 9) {
    const inner = random.pick(depth < 4 ? [0, 4, 5, 6, 7, 8, 9, 10] : [4, 8]);
    const values = random.times(6, () => ggufValue(random, inner, depth + 1));
    return Buffer.concat([u32(inner), u64(values.length), ...values]);
  }
  return Buffer.from(Array.from({ length: SCALARS[type] ?? 4 }, () => random.below(random.chance(0.8) ? 5 : 256)));
}

function gguf(random) {
  const strings = (values) => Buffer.concat([u32(8), u64(values.length), ...values.map(text)]);
  const tokens = random.times(8, () => word(random));
  const pairs = [
    ['general.architecture', 8, text(random.chance(0.8) ? 'llama' : word(random))],
    ['tokenizer.ggml.model', 8, text(random.pick(['gpt2', 'llama', 'bert', 'constructor', '__proto__']))],
    ['tokenizer.ggml.tokens', 9, random.chance(0.95) ? strings(tokens) : ggufValue(random, 9)],
    [
      'tokenizer.ggml.token_type',
      9,
      random.chance(0.9)
        ? Buffer.concat([u32(5), u64(tokens.length), ...tokens.map(() => u32(random.below(7)))])
        : ggufValue(random, 9),
    ],
    ...['block_count', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => {
      const type = random.chance(0.8) ? 4 : random.pick([0, 6, 7, 8, 9, 10, 11]);
      return [`llama.${key}`, type, ggufValue(random, type)];
    }),
    ...random.times(3, () => {
      const type = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      return [word(random), type, ggufValue(random, type)];
    }),
  ];
  let offset = 0;
  const tensors = random.times(4, () => {
    const shape = random.times(3, () => random.pick([0, 1, 2, 4, 32, 256]));
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    const name = random.pick(['token_embd.weight', 'output_norm.weight', 'blk.0.attn_q.weight', word(random)]);
    const described = Buffer.concat([
      text(name),
      u32(shape.length),
      ...shape.map(u64),
      u32(random.pick([0, 0, 0, 1, 2, 8, 12, 30, 99])),
      u64(offset),
    ]);
    offset += 32 * Math.ceil(Math.min(bytes, 4096) / 32);
    return described;
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs.flatMap(([key, type, value]) => [text(key), u32(type), value]),
    ...tensors,
  ]);
  return Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), Buffer.alloc(offset, 1)]);
}

function tokenizer(random) {
  const step = (depth = 0) => {
    const type = random.pick([
      'ByteLevel',
      'ByteFallback',
      'Metaspace',
      'Replace',
      'BPEDecoder',
      'Strip',
      'WordPiece',
      'Fuse',
      'Sequence',
      'CTC',
      word(random),
    ]);
    const pattern = random.pick([
      { String: word(random) },
      {
        Regex: random
          .times(5, () => random.pick(['a', '(a+)+', '[^k]', '\\s', '.*', '|', '$', '(?:g)', '{2}', '(', '\\p{L}']))
          .join(''),
      },
      anyJson(random),
    ]);
    return or(random, {
      type,
      pattern,
      content: or(random, word(random)),
      start: or(random, 1),
      stop: or(random, 1),
      ...(depth < 4 && { decoders: random.times(3, () => step(depth + 1)) }),
    });
  };
  const map = Object.fromEntries(random.times(12, (i) => [word(random), or(random, i, 0.02)]));
  const list = random.times(12, () => or(random, [word(random), -1.5], 0.02));
  const vocab = random.chance(0.7) ? map : list;
  const added = random.times(4, () =>
    or(
      random,
      { id: or(random, random.below(20)), content: or(random, word(random)), special: random.chance(0.5) },
      0.02,
    ),
  );
  const model = {
    type: random.pick(['BPE', 'Unigram', 'WordPiece']),
    vocab: or(random, vocab, 0.02),
    merges: [['a', 'b]"']],
    unk_token: or(random, '<unk>'),
    unk_id: 0,
    end_of_word_suffix: or(random, ''),
  };
  return or(
    random,
    {
      version: '1.0',
      added_tokens: or(random, added, 0.02),
      decoder: or(random, step()),
      pre_tokenizer: or(random, step()),
      model: or(random, model, 0.02),
    },
    0.01,
  );
}

function manifest(random) {
  const whole = {
    format: 'weightscope-atlas',
    schema: 1 + random.below(4),
    state: random.pick(['complete', 'building']),
    model: { name: 'm', architecture: 'llama', modelType: 'llama', notes: [] },
    checkpoint: 'x',
    settings: {},
    units: ['a'],
    files: [{ path: 'neurons/part-0.parquet', bytes: 10, rows: 1, hash: 'x' }],
    dimensions: { layers: 1, heads: 2, vocab: 5 },
    notes: [],
  };
  for (const key of Object.keys(whole)) if (random.chance(0.1)) whole[key] = anyJson(random);
  return whole;
}

function expression(random) {
  const atom = () =>
    random.pick([
      'ff:0:1.key',
      'head:0:1.q[0]',
      'tok:" king"',
      'tok:#12',
      'pos:5',
      '2',
      '-1.5',
      'norm.final',
      'tensor:a[0]',
      '(',
      ')',
      word(random),
    ]);
  return random.times(30, () => `${atom()} ${random.pick(['+', '-', '*', ''])} `).join('');
}
