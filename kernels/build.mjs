// npm run build:kernels: AssemblyScript -> src/engine/wasm/kernels.generated.ts, as base64, so that neither Node nor a
// bundler has an asset to find. Four modules: with and without relaxed SIMD, with shared and with private memory.
// Does nothing when the sources have not changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, '../src/engine/wasm/kernels.generated.ts');

const sources = readdirSync(here).sort();
const hash = createHash('sha256');
for (const name of sources) hash.update(name).update(readFileSync(join(here, name)));
const stamp = `// Made by kernels/build.mjs from sources ${hash.digest('hex').slice(0, 16)}; do not edit.\n`;

if (!(existsSync(output) && readFileSync(output, 'utf8').startsWith(stamp))) {
  const scratch = mkdtempSync(join(tmpdir(), 'kernels-'));
  const compile = async (relaxed, shared) => {
    const outFile = join(scratch, 'kernels.wasm');
    const memory = shared
      ? ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']
      : [];
    const simd = ['--enable', 'simd', ...(relaxed ? ['--enable', 'relaxed-simd'] : [])];
    const flags = ['--runtime', 'stub', '--importMemory', '-O3', '--converge', '--noAssert', ...simd, ...memory];
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
    writeFileSync(output, stamp + lines.join(''));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
