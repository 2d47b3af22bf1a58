import { builtin } from '../workers/builtin.ts';
import { instantiate } from './instantiate.ts';
import { compile, newMemory } from './module.ts';

/** Calls after which V8's optimising compiler has surely taken over from its baseline compiler. */
const ROUNDS = 400;

/**
 * Whether relaxed SIMD is there and right. V8's baseline compiler gets some relaxed instructions wrong where its
 * optimising compiler does not, so the kernels that use them are checked against plain arithmetic before and after
 * the change, not the instructions alone.
 */
export const relaxedWorks = async (): Promise<boolean> => {
  // Node 20 (V8 11.3) has it behind a flag that can be set until the module is compiled; later it is on, and V8 prints
  // a complaint about a flag that it does not know.
  const versions = builtin<typeof import('node:process')>('node:process')?.versions;
  if (versions && Number.parseFloat(versions.v8) < 12)
    builtin<typeof import('node:v8')>('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  try {
    const { module } = await compile(true, false);
    const memory = newMemory(1 << 17, false);
    const { kernels, buffer } = instantiate(module, memory);
    const [pairs, rows, groups] = [16, 8, 4];
    const [a, offset, b, wide, list] = [1024, 4096, 8192, 16384, 65536];
    const bytesA = new Int8Array(buffer, a, rows * 2 * pairs).map((_, i) => ((i * 37) % 255) - 127);
    new Int8Array(buffer, a, bytesA.length).set(bytesA);
    const offsets = new Int16Array(buffer, offset, rows);
    for (let i = 0; i < rows; i++) {
      offsets[i] = -64 * bytesA.subarray(i * 2 * pairs, (i + 1) * 2 * pairs).reduce((sum, x) => sum + x, 0);
    }
    const bytesB = new Uint8Array(buffer, b, groups * 16 * pairs);
    bytesB.forEach((_, i) => {
      bytesB[i] = (i * 53) % 128;
    });
    kernels.broadcast8(a, rows, pairs, wide);
    const least = 900;
    const expected: number[] = [];
    for (let i = 0; i < rows; i += 4) {
      for (let g = 0; g < groups; g += 2) {
        for (let r = i; r < i + 4; r++) {
          for (let j = 8 * g; j < 8 * g + 16; j++) {
            let sum = 0;
            for (let t = 0; t < 2 * pairs; t++) {
              const at = ((j >> 3) * pairs + (t >> 1)) * 16 + 2 * (j & 7) + (t & 1);
              sum += bytesA[r * 2 * pairs + t] * (bytesB[at] - 64);
            }
            if ((sum << 16) >> 16 >= least) expected.push((r << 16) | j);
          }
        }
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      const end = kernels.screen8(wide, rows, offset, b, groups, pairs, least, list);
      const got = new Uint32Array(buffer, list, (end - list) / 4);
      if (got.length !== expected.length || !expected.every((entry, i) => got[i] === entry)) return false;
    }
    return expected.length > 0;
  } catch {
    return false;
  }
};
