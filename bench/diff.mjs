// node bench/diff.mjs FOLDER: makes two checkpoints of gpt2-medium's shape in FOLDER (1.4 GB each, fp32, seeded random
// numbers; the second is the first and a little noise) and says what `diff` takes on them beside reading both files:
// processor time (others may use the machine) and peak memory, each in a process of its own. What is there already is
// not made again. The bound that is held: less than 1.5 GB, and less than twice reading both and the readings shown.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, mode, ...rest] = process.argv.slice(2);
if (!folder) throw new Error('Expected a folder to write checkpoints to: node bench/diff.mjs FOLDER.');

const [D, FF, LAYERS, VOCAB, POSITIONS] = [1024, 4096, 24, 50257, 1024];
const config = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  n_embd: D,
  n_layer: LAYERS,
  n_head: 16,
  n_positions: POSITIONS,
  vocab_size: VOCAB,
};

function* tensors() {
  yield ['wte.weight', [VOCAB, D]];
  yield ['wpe.weight', [POSITIONS, D]];
  for (let n = 0; n < LAYERS; n++) {
    for (const norm of ['ln_1', 'ln_2']) {
      yield [`h.${n}.${norm}.weight`, [D]];
      yield [`h.${n}.${norm}.bias`, [D]];
    }
    yield [`h.${n}.attn.c_attn.weight`, [D, 3 * D]];
    yield [`h.${n}.attn.c_attn.bias`, [3 * D]];
    yield [`h.${n}.attn.c_proj.weight`, [D, D]];
    yield [`h.${n}.attn.c_proj.bias`, [D]];
    yield [`h.${n}.mlp.c_fc.weight`, [D, FF]];
    yield [`h.${n}.mlp.c_fc.bias`, [FF]];
    yield [`h.${n}.mlp.c_proj.weight`, [FF, D]];
    yield [`h.${n}.mlp.c_proj.bias`, [D]];
  }
  yield ['ln_f.weight', [D]];
  yield ['ln_f.bias', [D]];
}

/** The sum of the four bytes of a word of xorshift: near enough to a normal number, and quick. */
const noise = (seed) => {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return ((x & 255) + ((x >>> 8) & 255) + ((x >>> 16) & 255) + (x >>> 24) - 510) / 148;
  };
};

function make(to, own, moved) {
  if (existsSync(to)) return;
  const all = [...tensors()];
  const count = (shape) => shape.reduce((a, b) => a * b, 1);
  let at = 0;
  const header = Object.fromEntries(
    all.map(([name, shape]) => {
      const begin = at;
      at += 4 * count(shape);
      return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const unfinished = `${to}.unfinished`;
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'config.json'), JSON.stringify(config));
  const file = openSync(join(unfinished, 'model.safetensors'), 'w');
  writeSync(file, length);
  writeSync(file, text);
  const [x, y] = [noise(1), noise(2)];
  for (const [name, shape] of all) {
    const mean = /ln_.*weight/.test(name) ? 1 : 0;
    for (let left = count(shape); left > 0; left -= 1 << 22) {
      const piece = Float32Array.from({ length: Math.min(left, 1 << 22) }, () => mean + own * x() + moved * y());
      writeSync(file, piece);
    }
  }
  closeSync(file);
  renameSync(unfinished, to);
}

const [A, B] = ['a', 'b'].map((name) => join(folder, name));

if (mode === undefined) {
  mkdirSync(folder, { recursive: true });
  make(A, 0.05, 0);
  make(B, 0.05, 0.001);
  const child = fileURLToPath(import.meta.url);
  const run = (...args) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [child, folder, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const found = JSON.parse(stdout);
    console.log(`${args.join(' ').padEnd(34)} ${found.seconds.toFixed(1).padStart(7)} s  ${found.peak} MB`);
    return found;
  };
  const both = run('read');
  run('diff', '--neurons', '0', '--heads', '0');
  const whole = run('diff');
  const shown = run('shown');
  const share = whole.seconds / (both.seconds + shown.seconds);
  console.log(`diff is ${share.toFixed(2)} times reading both and the readings shown; ${whole.peak} MB at most`);
} else {
  const { diffModels, difference, openModel, readHead, readNeuron } = await import('../dist/node.js');
  const [a, b] = [await openModel(A, { cache: undefined }), await openModel(B, { cache: undefined })];
  const given = (name, usual) => (rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : usual);
  if (mode === 'read') for (const model of [a, b]) await readAll(model);
  else if (mode === 'diff') await diffModels(a, b, { neurons: given('--neurons', 6), heads: given('--heads', 3) });
  else {
    // What `diff` shows of such models, asked one by one: neurons, heads (both ends), and the words of directions.
    const change = difference(a, b);
    const how = { normalize: 'cosine', k: 5 };
    for (let n = 0; n < 6; n++) await readNeuron(change, n, 100, { ...how, parts: ['value'], bottom: 5 });
    for (let n = 0; n < 3; n++)
      for (const ascending of [false, true]) await readHead(change, n, 3, { ...how, matrices: ['qk'], ascending });
  }
  const { user, system } = process.cpuUsage();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ seconds: (user + system) / 1e6, peak }));
  await Promise.all([a.close(), b.close()]);
}

/** Every number of a model, a piece at a time, as `diff` reads them. */
async function readAll(model) {
  for (const [name, { count, width, read }] of model.parameters) {
    if (name === 'unembed') continue;
    const step = Math.max(1, Math.floor((1 << 21) / width));
    for (let from = 0; from < count; from += step)
      await read(from, Math.min(from + step, count), undefined, { finite: false });
  }
}
