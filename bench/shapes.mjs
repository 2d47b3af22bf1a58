// node bench/shapes.mjs FOLDER [llama|deepseek|gpt-oss] [--layers 2]: makes checkpoints of the shapes of Llama-3-8B,
// DeepSeek-V3 and gpt-oss-20b, with two layers of random weights, and says how long each takes to open, a neuron's
// lists with `none`, and a head, each in a process of its own (processor time, peak memory). Embeddings and attention
// are random (normal numbers, seeded); experts are holes in the file, which read as zeros and take no place on a disk,
// but those of the neuron that is read. What is there already is not made again. With `--layers 61` of deepseek the
// header is that of the whole model (90,000 tensors). With `--holes` no number is written: enough to see how it opens.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: {
    layers: { type: 'string', default: '2' },
    only: { type: 'string', default: 'open,neuron,head' },
    holes: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [folder, ...wanted] = positionals;
if (!folder) throw new Error('Expected a folder to write checkpoints to: node bench/shapes.mjs FOLDER.');
const layers = Number(values.layers);

const llama = {
  config: {
    model_type: 'llama',
    hidden_size: 4096,
    num_hidden_layers: layers,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14336,
    vocab_size: 128256,
    tie_word_embeddings: false,
    hidden_act: 'silu',
  },
  *layer(n, { hidden_size: d, intermediate_size: ff }) {
    const at = `model.layers.${n}`;
    yield [`${at}.self_attn.q_proj.weight`, [d, d]];
    yield [`${at}.self_attn.k_proj.weight`, [1024, d]];
    yield [`${at}.self_attn.v_proj.weight`, [1024, d]];
    yield [`${at}.self_attn.o_proj.weight`, [d, d]];
    yield [`${at}.mlp.gate_proj.weight`, [ff, d]];
    yield [`${at}.mlp.up_proj.weight`, [ff, d]];
    yield [`${at}.mlp.down_proj.weight`, [d, ff]];
  },
};

const deepseek = {
  config: {
    model_type: 'deepseek_v3',
    hidden_size: 7168,
    num_hidden_layers: layers,
    num_attention_heads: 128,
    num_key_value_heads: 128,
    intermediate_size: 18432,
    moe_intermediate_size: 2048,
    n_routed_experts: 256,
    n_shared_experts: 1,
    num_experts_per_tok: 8,
    first_k_dense_replace: layers > 3 ? 3 : 1,
    moe_layer_freq: 1,
    q_lora_rank: 1536,
    kv_lora_rank: 512,
    qk_nope_head_dim: 128,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    vocab_size: 129280,
    tie_word_embeddings: false,
    hidden_act: 'silu',
    quantization_config: { quant_method: 'fp8', fmt: 'e4m3', weight_block_size: [128, 128] },
  },
  *layer(n, config) {
    const [d, at] = [config.hidden_size, `model.layers.${n}`];
    const fp8 = function* (name, [rows, columns], filled = true) {
      yield [`${at}.${name}.weight`, [rows, columns], 'F8_E4M3', filled];
      yield [`${at}.${name}.weight_scale_inv`, [Math.ceil(rows / 128), Math.ceil(columns / 128)], 'F32', filled];
    };
    yield* fp8('self_attn.q_a_proj', [1536, d]);
    yield* fp8('self_attn.q_b_proj', [24576, 1536]);
    yield* fp8('self_attn.kv_a_proj_with_mqa', [576, d]);
    yield* fp8('self_attn.kv_b_proj', [32768, 512]);
    yield* fp8('self_attn.o_proj', [d, 16384]);
    yield [`${at}.self_attn.q_a_layernorm.weight`, [1536]];
    yield [`${at}.self_attn.kv_a_layernorm.weight`, [512]];
    const mlp = function* (name, ff, filled) {
      yield* fp8(`mlp.${name}gate_proj`, [ff, d], filled);
      yield* fp8(`mlp.${name}up_proj`, [ff, d], filled);
      yield* fp8(`mlp.${name}down_proj`, [d, ff], filled);
    };
    if (n < config.first_k_dense_replace) yield* mlp('', config.intermediate_size, n === 0);
    else {
      yield [`${at}.mlp.gate.weight`, [256, d]];
      yield [`${at}.mlp.gate.e_score_correction_bias`, [256], 'F32'];
      yield* mlp('shared_experts.', 2048, false);
      for (let e = 0; e < 256; e++) yield* mlp(`experts.${e}.`, 2048, false);
    }
  },
};

const gptOss = {
  config: {
    model_type: 'gpt_oss',
    hidden_size: 2880,
    num_hidden_layers: layers,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 64,
    intermediate_size: 2880,
    num_local_experts: 32,
    num_experts_per_tok: 4,
    vocab_size: 201088,
    tie_word_embeddings: false,
    hidden_act: 'silu',
    quantization_config: { quant_method: 'mxfp4' },
  },
  *layer(n, { hidden_size: d }) {
    const at = `model.layers.${n}`;
    for (const [name, rows, columns] of [
      ['q', 4096, d],
      ['k', 512, d],
      ['v', 512, d],
      ['o', d, 4096],
    ]) {
      yield [`${at}.self_attn.${name}_proj.weight`, [rows, columns]];
      yield [`${at}.self_attn.${name}_proj.bias`, [rows]];
    }
    yield [`${at}.self_attn.sinks`, [64]];
    yield [`${at}.mlp.router.weight`, [32, d]];
    yield [`${at}.mlp.router.bias`, [32]];
    for (const [name, rows] of [
      ['gate_up', 2 * d],
      ['down', d],
    ]) {
      yield [`${at}.mlp.experts.${name}_proj_blocks`, [32, rows, d / 32, 16], 'U8'];
      yield [`${at}.mlp.experts.${name}_proj_scales`, [32, rows, d / 32], 'U8'];
      yield [`${at}.mlp.experts.${name}_proj_bias`, [32, rows]];
    }
  },
};

const SHAPES = { llama, deepseek, 'gpt-oss': gptOss };
const BYTES = { BF16: 2, F32: 4, F8_E4M3: 1, U8: 1 };

/** Normal numbers of deviation 0.02 in bf16, by the 16 bits of a generator. */
const TABLE = (() => {
  const table = new Uint16Array(65536);
  const value = new Float32Array(1);
  const view = new Uint32Array(value.buffer);
  for (let i = 0; i < 65536; i++) {
    // The i-th of 65,536 quantiles, near enough for weights nobody trained.
    const p = (i + 0.5) / 65536;
    value[0] = 0.02 * Math.SQRT2 * inverseErf(2 * p - 1);
    table[i] = (view[0] + 0x8000) >>> 16;
  }
  return table;
})();

function inverseErf(x) {
  const l = Math.log(1 - x * x);
  const first = 2 / (Math.PI * 0.147) + l / 2;
  return Math.sign(x) * Math.sqrt(Math.sqrt(first * first - l / 0.147) - first);
}

let state = 88172645;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};

/** Fills `bytes` with random numbers of a kind: anything that is a finite number and small. */
const fill = (bytes, dtype) => {
  if (dtype === 'BF16') {
    const numbers = new Uint16Array(bytes.buffer, 0, bytes.length / 2);
    for (let i = 0; i < numbers.length; i++) numbers[i] = TABLE[next() >>> 16];
  } else if (dtype === 'F32') {
    const numbers = new Float32Array(bytes.buffer, 0, bytes.length / 4);
    for (let i = 0; i < numbers.length; i++) numbers[i] = 1e-4 * (1 + next() / 2 ** 32);
  } else {
    // e4m3 of up to 15 of either sign; blocks of four bits; scales near one (e8m0).
    for (let i = 0; i < bytes.length; i++)
      bytes[i] = dtype === 'F8_E4M3' ? (next() >>> 24) & 0xbf : 115 + (next() >>> 30);
  }
};

const make = (name, path) => {
  const { config, layer } = SHAPES[name];
  const { vocab_size: v, hidden_size: d } = config;
  const tensors = [['model.embed_tokens.weight', [v, d]]];
  for (let n = 0; n < layers; n++) {
    tensors.push([`model.layers.${n}.input_layernorm.weight`, [d]], ...layer(n, config));
    tensors.push([`model.layers.${n}.post_attention_layernorm.weight`, [d]]);
  }
  tensors.push(['model.norm.weight', [d]], ['lm_head.weight', [v, d]]);
  const header = {};
  let end = 0;
  for (const [tensor, shape, dtype = 'BF16'] of tensors) {
    const from = end;
    end += BYTES[dtype] * shape.reduce((product, n) => product * n);
    header[tensor] = { dtype, shape, data_offsets: [from, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  mkdirSync(path, { recursive: true });
  const file = join(path, 'model.safetensors');
  writeFileSync(file, Buffer.concat([head, json]));
  truncateSync(file, 8 + json.length + end);
  const handle = openSync(file, 'r+');
  const block = new Uint8Array(2 ** 24);
  for (const [tensor, , dtype = 'BF16', filled = true] of tensors) {
    const [from, to] = header[tensor].data_offsets;
    for (let at = from; filled && !values.holes && at < to; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, to - at));
      fill(part, dtype);
      writeSync(handle, part, 0, part.length, 8 + json.length + at);
    }
  }
  closeSync(handle);
  // Last, as a sign that all is there.
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
};

const asked = (what, path) => {
  const script = fileURLToPath(new URL('shape-child.mjs', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [script, what, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bench/shape-child.mjs ${what} failed.`);
  return stdout.trim();
};

for (const name of wanted.length > 0 ? wanted : Object.keys(SHAPES)) {
  const path = join(folder, `${name}-${layers}${values.holes ? '-holes' : ''}`);
  if (!existsSync(join(path, 'config.json'))) make(name, path);
  for (const what of values.only.split(',')) console.log(`${name}, ${layers} layers, ${what}: ${asked(what, path)}`);
}
