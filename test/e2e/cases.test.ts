import { spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAtlas, folderStore } from '../../src/atlas/atlas.node.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { GGUF, ggufFile, u32, u64 } from '../gguf.ts';
import { root } from '../packed.ts';
import { tinyModel } from '../tiny-model.ts';
import { environment, fixtures, main, temporary, weightscope, withoutProgress } from './run-cli.ts';

// What people's machines lack, and what files may ask too much of: the command line as they run it.
const folder = temporary();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command with the program in `script` before it. */
function shell(script: string, program: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn('sh', ['-c', `${script}; exec "$0" "$@"`, process.execPath, program, ...args], {
      env: environment(env),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr: withoutProgress(stderr) }));
  });
}

describe('without DuckDB, as npm install --omit=optional and musl leave it', () => {
  const copy = join(folder, 'no-duckdb');
  const atlas = join(folder, 'atlas');
  beforeAll(async () => {
    await buildAtlas(tinyModel({ words: [' king', ' queen'] }), folderStore(atlas), {
      ...{ top: 2, pairs: 2, columns: 2 },
      engine: referenceEngine(),
    });
    mkdirSync(join(copy, 'node_modules/@duckdb'), { recursive: true });
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    const modules = join(root, 'node_modules');
    for (const name of readdirSync(modules))
      if (name !== '@duckdb') symlinkSync(join(modules, name), join(copy, 'node_modules', name), 'junction');
  });

  it.each([
    ['the package', false],
    ['its binding', true],
  ])('SQL says what to install where %s is not there; everything else answers', async (_, hasPackage) => {
    if (hasPackage)
      cpSync(join(root, 'node_modules/@duckdb/node-api'), join(copy, 'node_modules/@duckdb/node-api'), {
        recursive: true,
        dereference: true,
      });
    const program = join(copy, 'dist/cli/main.js');
    const outputs = [
      ['atlas', 'sql', atlas, 'SELECT 1'],
      ['atlas', 'export', atlas, '--sql', 'SELECT 1', '-o', join(folder, 'x.csv')],
    ];
    for (const args of outputs) {
      const { status, stderr } = await shell('true', program, args);
      expect([status, stderr.trimEnd().split('\n').length], stderr).toEqual([1, 1]);
      expect(stderr).toMatch(/needs DuckDB.*npm install @duckdb\/node-api.*\[PACKAGE_MISSING\]/);
    }
    const search = await shell('true', program, ['atlas', 'search', atlas, 'king']);
    expect([search.status, search.stderr]).toEqual([0, '']);
  });
});

describe.skipIf(process.platform === 'win32')('a system that opens few files (Windows has no such limit)', () => {
  const many = join(folder, 'many-shards');
  const LAYERS = 31;

  beforeAll(() => {
    // Each tensor in a file of its own, 9 a layer and 3 more: more than may be open.
    mkdirSync(many);
    const file = readFileSync(join(fixtures, 'architectures/llama/model.safetensors'));
    const config = JSON.parse(readFileSync(join(fixtures, 'architectures/llama/config.json'), 'utf8'));
    const start = 8 + Number(file.readBigUInt64LE());
    const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
      file.subarray(8, start).toString(),
    );
    const weight_map: Record<string, string> = {};
    const add = (name: string, like: string): void => {
      const { dtype, shape, data_offsets: at } = header[like];
      const json = Buffer.from(JSON.stringify({ [name]: { dtype, shape, data_offsets: [0, at[1] - at[0]] } }));
      weight_map[name] = `model-${Object.keys(weight_map).length}.safetensors`;
      const data = file.subarray(start + at[0], start + at[1]);
      writeFileSync(join(many, weight_map[name]), Buffer.concat([u64(json.length), json, data]));
    };
    for (const name of Object.keys(header)) {
      if (name === '__metadata__') continue;
      if (name.includes('layers.0.'))
        for (let n = 0; n < LAYERS; n++) add(name.replace('layers.0.', `layers.${n}.`), name);
      else if (!name.includes('layers.')) add(name, name);
    }
    writeFileSync(join(many, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: LAYERS }));
    writeFileSync(join(many, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
    expect(Object.keys(weight_map).length).toBeGreaterThan(256);
  });

  it('reads a checkpoint of more files than may be open', async () => {
    const args = ['neuron', many, `${LAYERS - 1}`, '1', '-k', '2', '--json'];
    const few = await shell('ulimit -n 256', main, args);
    expect([few.status, JSON.parse(few.stdout).layer]).toEqual([0, LAYERS - 1]);
    expect(few.stdout).toBe((await weightscope(args)).stdout);
  });
});

describe('headers of 100 MB take no more than their own size and 256 MB', () => {
  // What Node itself takes at the start is measured, not assumed.
  const report = "process.on('exit', () => console.error('PEAK ' + process.resourceUsage().maxRSS))";
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(report)}`;
  const peak = async (args: string[]): Promise<[megabytes: number, stderr: string, stdout: string]> => {
    const { stderr, stdout } = await weightscope(args, { env: { NODE_OPTIONS } });
    const [, kilobytes] = /PEAK (\d+)/.exec(stderr)!;
    return [Number(kilobytes) / 1024, stderr, stdout];
  };
  const pair = (key: string, bytes: number): [string, number, Uint8Array] => [
    key,
    GGUF.array,
    Buffer.concat([u32(GGUF.u8), u64(bytes)]),
  ];

  /** A file that begins with `head` and goes on with zeros. */
  const sparse = (name: string, head: Uint8Array, length: number): string => {
    const path = join(folder, name);
    const file = openSync(path, 'w');
    writeSync(file, head);
    ftruncateSync(file, length);
    closeSync(file);
    return path;
  };

  it.each<[string, () => string, RegExp]>([
    [
      'an array of 95 MB',
      () => {
        const head = ggufFile({ pairs: [pair('a', 95_000_000)], alignment: 1 });
        return sparse('array.gguf', head, head.length + 95_000_000);
      },
      /\[CONFIG_INVALID\]/,
    ],
    [
      'five million keys',
      () => sparse('keys.gguf', Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(5_000_000)]), 100_000_000),
      /at most 100000 keys/,
    ],
    [
      'a shape of 40 million ones',
      () => {
        const json = `{"w":{"dtype":"F32","shape":[${'1,'.repeat(4e7 - 1)}1],"data_offsets":[0,4]}}`;
        const head = Buffer.concat([u64(json.length), Buffer.from(json), u32(0)]);
        return sparse('shape.safetensors', head, head.length);
      },
      /at most 64/,
    ],
    [
      '450,000 tensors',
      () => {
        const tensors = Array.from(
          { length: 450_000 },
          (_, i) => `"model.layers.${i}.w":{"dtype":"F32","shape":[1],"data_offsets":[${4 * i},${4 * i + 4}]}`,
        );
        const json = Buffer.from(`{${tensors.join()}}`);
        const head = Buffer.concat([u64(json.length), json]);
        writeFileSync(
          join(folder, 'config.json'),
          '{"model_type":"llama","hidden_size":8,"num_hidden_layers":1,"num_attention_heads":1,"intermediate_size":8,"vocab_size":8}',
        );
        return sparse('many.safetensors', head, head.length + 4 * 450_000);
      },
      /among its 450000 tensors/,
    ],
  ])('%s', async (_, make, message) => {
    const [base] = await peak(['--version']);
    const [most, stderr] = await peak(['info', make()]);
    expect(stderr).toMatch(message);
    expect(most - base).toBeLessThan(100 + 256);
  });

  it('a list of 49 million tokens', async () => {
    const lines = join(folder, 'lines');
    cpSync(join(fixtures, 'architectures/llama'), lines, { recursive: true });
    writeFileSync(join(lines, 'vocab.txt'), Buffer.alloc(98_000_000, 'a\n'));
    const [base] = await peak(['--version']);
    const [most, , stdout] = await peak(['info', lines]);
    // It was read, as far as one can: its ids are more than any vocabulary's.
    expect(stdout).toMatch(/ids 0\.\.1500000/);
    expect(most - base).toBeLessThan(100 + 256);
  });
});
