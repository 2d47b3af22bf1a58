import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../packed.ts';

const python = process.env.WEIGHTSCOPE_PYTHON;
const checkpoint = join(process.env.WEIGHTSCOPE_MODELS ?? '', 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
const missing = !python || !process.env.WEIGHTSCOPE_MODELS || !existsSync(checkpoint);
const why = missing ? ' (skipped: needs WEIGHTSCOPE_PYTHON and WEIGHTSCOPE_MODELS, see CONTRIBUTING.md)' : '';

/** The kernel's own figure for the largest process of the tree, in kB on Linux. */
const MEASURE = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`;

describe.skipIf(missing)(`peak memory of a head of SmolLM2, measured from outside${why}`, () => {
  const best = ['-k', '1000'];
  const many = ['--matrix', 'vo', '--above', '2.5', '-k', '100'];
  const wasm = ['--engine', 'wasm'];
  it.each([
    ['the best 1,000 pairs of both matrices', best],
    ['the same, of the wasm engine', [...best, ...wasm]],
    ['a selection of 74 million pairs, counted and tallied', many],
    ['the same, of the wasm engine', [...many, ...wasm]],
    ["a selection ordered by the other matrix's scores", ['--matrix', 'vo', '--above', '5', '--sort', 'qk']],
  ])('stays under 600 MB: %s', (_, flags) => {
    const command = [process.execPath, join(root, 'dist/cli/main.js'), 'head', checkpoint, '5', '3'];
    const args = ['-c', MEASURE, ...command, '--normalize', 'none', ...flags];
    expect(Number(execFileSync(python!, args, { encoding: 'utf8' })) * 1024).toBeLessThan(600e6);
  });
});
