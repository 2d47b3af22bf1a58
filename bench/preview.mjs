// node bench/preview.mjs FOLDER: makes a checkpoint of gpt2-medium's shape (1.4 GB of random numbers, seeded; one that
// is there is not made again) and says what the first words of a neuron and of a head take with `--preview`: processor
// time and time by the clock, from the start of the process to its end, the normalisers not cached.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('Expected a folder to write the checkpoint to: node bench/preview.mjs FOLDER.');

const [d, layers, vocab] = [1024, 24, 50257];
const config = { model_type: 'gpt2', n_embd: d, n_layer: layers, n_head: 16, n_positions: 1024, vocab_size: vocab };

function* shapes() {
  yield ['wte.weight', [vocab, d]];
  yield ['wpe.weight', [1024, d]];
  for (let n = 0; n < layers; n++) {
    for (const norm of ['ln_1', 'ln_2']) for (const part of ['weight', 'bias']) yield [`h.${n}.${norm}.${part}`, [d]];
    for (const [map, rows, columns] of [
      ['attn.c_attn', d, 3 * d],
      ['attn.c_proj', d, d],
      ['mlp.c_fc', d, 4 * d],
      ['mlp.c_proj', 4 * d, d],
    ]) {
      yield [`h.${n}.${map}.weight`, [rows, columns]];
      yield [`h.${n}.${map}.bias`, [columns]];
    }
  }
  yield ['ln_f.weight', [d]];
  yield ['ln_f.bias', [d]];
}

/** Normal numbers, a million of them, made once and begun at another place for every tensor: a gigabyte in seconds. */
function normals(n) {
  const out = new Float32Array(n);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < n; i++) out[i] = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()) * 0.05;
  return out;
}

function make(file) {
  const header = {};
  let end = 0;
  for (const [name, shape] of shapes()) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const out = openSync(file, 'w');
  writeSync(out, size);
  writeSync(out, text);
  const pool = Buffer.from(normals(1_000_003).buffer);
  for (let left = end, at = 0; left > 0; ) {
    const n = writeSync(out, pool, at, Math.min(left, pool.length - at));
    left -= n;
    at = (at + n) % pool.length;
  }
  closeSync(out);
}

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
const file = join(folder, 'model.safetensors');
if (!existsSync(file)) make(file);

const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
for (const [what, asked] of [
  ['neuron', ['neuron', folder, '12', '100', '-k', '10']],
  ['head, VO', ['head', folder, '12', '3', '--matrix', 'vo', '-k', '10']],
]) {
  const cache = mkdtempSync(join(tmpdir(), 'preview-'));
  const { status, stderr } = spawnSync(
    '/usr/bin/env',
    ['time', '-f', '%U %S %e', process.execPath, command, ...asked, '--preview', '--json'],
    { env: { ...process.env, XDG_CACHE_HOME: cache, WEIGHTSCOPE_CACHE: cache }, encoding: 'utf8' },
  );
  rmSync(cache, { recursive: true });
  if (status !== 0) throw new Error(stderr);
  console.log(`${what}: ${stderr.trim().split('\n').at(-1)} s (user, system, clock)`);
}
