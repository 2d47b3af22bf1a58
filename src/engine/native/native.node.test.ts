import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { conformanceCases } from '../conformance/cases.ts';
import { generator, matrix } from '../conformance/data.ts';
import { referenceEngine } from '../reference/reference.ts';
import { addEngine, openBest } from '../select.ts';
import { findAddon, loadAddon } from './addon.node.ts';
import { nativeEngine } from './native.node.ts';

const oracle = referenceEngine();
const path = findAddon();
/** None where the addon is missing or does not load; `.ci/run` takes a skipped test for a failure. */
const instructionSets = ((): string[] => {
  try {
    return loadAddon(path).instructionSets();
  } catch {
    return [];
  }
})();
const folder = mkdtempSync(join(tmpdir(), 'addon-'));
afterAll(() => rmSync(folder, { recursive: true }));

const none = instructionSets.length === 0;
describe.skipIf(none)('the native engine, when its addon is built and loads (npm run build:native needs cargo)', () => {
  for (const [at, instructionSet] of instructionSets.entries()) {
    // The best one runs every case; the others, which native/src/tests/ holds to the same loops, a part.
    const cases = conformanceCases.filter((_, i) => at === 0 || i % 8 === at);
    describe(`conforms on ${instructionSet}`, async () => {
      const engine = await nativeEngine({ instructionSet });
      afterAll(() => engine.close());
      for (const { name, run } of cases) test(name, () => run(engine, oracle));

      test('approximate means are of 16-bit products, and err by no more than they say', async () => {
        const g = generator(5);
        const [x, e] = [matrix(g, 2000, 65, 'X'), matrix(g, 64, 65, 'E')];
        const [got, expected] = [await engine.columnMeans(x, e, { approximate: true }), await oracle.columnMeans(x, e)];
        const errors = (['relu', 'abs'] as const).flatMap((of) => [
          ...got[of].map((v, i) => Math.abs(v / expected[of][i] - 1)),
        ]);
        // 16 bits lose so much, and what is said is true of the worst row.
        expect(Math.max(...errors)).toBeGreaterThan(1e-6);
        expect(got.error).toBeGreaterThanOrEqual(Math.max(...errors));
        expect(got.error).toBeLessThan(2e-3);
      });
    });
  }

  test('refuses places outside the memory', () => {
    const { NativeKernels, instructionSets } = loadAddon(path);
    const kernels = new NativeKernels(new Uint8Array(new SharedArrayBuffer(1024)), instructionSets()[0]);
    expect(() => kernels.norms(0, 4, 64, 0)).toThrow(/apart/);
    expect(() => kernels.norms(0, 5, 64, 0)).toThrow('Expected a place inside the memory of 1024 bytes');
    expect(() => kernels.norms(-16, 1, 4, 512)).toThrow(/inside/);
    expect(() => kernels.norms(0, 0xffffffff, 0xffffffff, 512)).toThrow(/inside/);
    expect(() => new NativeKernels(new Uint8Array(16), 'abacus')).toThrow('got abacus');
  });
});

describe('without its addon, the native engine leaves the work to the next', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  afterEach(() => {
    warn.mockClear();
    vi.unstubAllEnvs();
  });
  const best = async (addon: string) => {
    vi.stubEnv('WEIGHTSCOPE_ENGINE', '');
    addEngine('native', () => nativeEngine({ addon }));
    const engine = await openBest();
    await engine.close();
    return engine;
  };

  test('silently when there is none', async () => {
    const { name, description } = await best(join(folder, 'none.node'));
    expect(name).toBe('wasm');
    expect(description).toMatch(/; native is not installed$/);
    expect(warn).not.toHaveBeenCalled();
  });

  test('with one warning when the file is damaged', async () => {
    const damaged = join(folder, 'damaged.node');
    writeFileSync(damaged, 'not a library');
    const { name, description } = await best(damaged);
    expect(name).toBe('wasm');
    expect(description).toMatch(/; native does not load$/);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0][0]).toMatch(/addon .*damaged\.node does not load/);
  });

  test('but not when it is asked for by name', async () => {
    addEngine('native', () => nativeEngine({ addon: join(folder, 'none.node') }));
    vi.stubEnv('WEIGHTSCOPE_ENGINE', 'native');
    await expect(openBest()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});
