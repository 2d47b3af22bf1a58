// npm run build:kernels: makes what the engine embeds as strings, so that neither Node nor a bundler has an asset to
// find: src/engine/wasm/kernels.generated.ts (AssemblyScript -> WebAssembly, as base64; four modules: with and without
// relaxed SIMD, with shared and with private memory) and src/engine/workers/worker.generated.ts (the worker's script).
// Does nothing when the sources have not changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const engine = join(here, '../src/engine');

/** Writes what `make` returns to `output` unless it is there already, made from the same sources. */
const generate = async (output, sources, make) => {
  const hash = createHash('sha256');
  for (const path of [fileURLToPath(import.meta.url), ...sources]) hash.update(readFileSync(path));
  const stamp = `// Made by kernels/build.mjs from sources ${hash.digest('hex').slice(0, 16)}; do not edit.\n`;
  if (existsSync(output) && readFileSync(output, 'utf8').startsWith(stamp)) return;
  writeFileSync(output, stamp + (await make()));
};

const files = (folder, ending) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending) && !name.endsWith('.test.ts') && !name.endsWith('.generated.ts'))
    .sort()
    .map((name) => join(folder, name));

const kernels = async () => {
  const { default: asc } = await import('assemblyscript/asc');
  const scratch = mkdtempSync(join(tmpdir(), 'kernels-'));
  const compile = async (relaxed, shared) => {
    const outFile = join(scratch, 'kernels.wasm');
    const threads = ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
    const simd = ['--enable', 'simd', ...(relaxed ? ['--enable', 'relaxed-simd'] : [])];
    const flags = ['--runtime', 'stub', '--importMemory', '-O3', '--converge', '--noAssert', ...simd];
    if (shared) flags.push(...threads);
    const { error, stderr } = await asc.main([join(here, 'index.ts'), '--outFile', outFile, ...flags]);
    if (error) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
    return readFileSync(outFile).toString('base64');
  };
  try {
    const lines = [];
    for (const [name, relaxed, shared] of [
      ['relaxed', true, false],
      ['relaxedShared', true, true],
      ['simd', false, false],
      ['simdShared', false, true],
    ]) {
      lines.push(`export const ${name} =\n  '${await compile(relaxed, shared)}';\n`);
    }
    return lines.join('');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const worker = async () => {
  const { build } = await import('vite');
  const [{ output }] = [
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        minify: false,
        target: 'es2022',
        lib: { entry: join(engine, 'workers/worker.ts'), formats: ['iife'], name: 'worker', fileName: 'worker' },
      },
    }),
  ].flat();
  return `export const code = ${JSON.stringify(output[0].code)};\n`;
};

const records = join(engine, 'records.ts');
await generate(join(engine, 'wasm/kernels.generated.ts'), [...files(here, '.ts'), records], kernels);
await generate(
  join(engine, 'workers/worker.generated.ts'),
  [
    ...files(join(engine, 'search'), '.ts'),
    ...['kernels.ts', 'records.ts', 'workers/worker.ts', 'wasm/instantiate.ts'].map((name) => join(engine, name)),
  ],
  worker,
);
