import { afterEach, expect, test } from 'vitest';
import { generator, matrix, spectral } from '../conformance/data.ts';
import type { Engine } from '../engine.ts';
import { instantiate } from './instantiate.ts';
import { compile, newMemory } from './module.ts';
import { relaxedWorks } from './relaxed.ts';
import { wasmEngine } from './wasm.ts';

const engines: Engine[] = [];
const open = async (options: Parameters<typeof wasmEngine>[0]): Promise<Engine> => {
  const engine = await wasmEngine(options);
  engines.push(engine);
  return engine;
};
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

const g = generator(1);
const [a, b] = [spectral(g, 1500, 40, 'A'), spectral(g, 2500, 40, 'B')];

test('one thread, several threads, SIMD128 and relaxed SIMD give the same bits', async () => {
  const answers = [];
  for (const options of [{ threads: 0 }, { threads: 1 }, { threads: 3 }]) {
    for (const relaxed of [false, ...((await relaxedWorks()) ? [true] : [])]) {
      const engine = await open({ ...options, relaxed });
      const { first, second, score } = await engine.topPairs(a, b, { k: 500 });
      const { top } = await engine.topRows(a, b, { k: 7 });
      const { count } = await engine.topPairs(a, b, { k: 0, above: 0.01 });
      answers.push({ first, second, score, top, count });
    }
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test('cancelling halfway rejects with ABORTED, and the engine goes on working', async () => {
  const engine = await open({ threads: 2 });
  const controller = new AbortController();
  const progress = () => controller.abort();
  const run = engine.topPairs(a, b, { k: 0, above: 0, signal: controller.signal, progress });
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await engine.topPairs(a, b, { k: 3 })).length).toBe(3);
});

test('closing while a call runs rejects it with ENGINE_FAILED, and so does a call on a closed engine', async () => {
  const engine = await open({ threads: 2 });
  await engine.topPairs(a, b, { k: 1 });
  const run = engine.topPairs(a, b, { k: 0, above: 0 });
  const ended = expect(run).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  await engine.close();
  await ended;
  await expect(engine.topPairs(a, b, { k: 1 })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
});

test('rows far apart in size keep their exact scores', async () => {
  const engine = await open({ threads: 1 });
  const x = matrix(g, 300, 20, 'X');
  x.data[0] = 1e30;
  const { score } = await engine.topPairs(x, x, { k: 1 });
  let expected = 0;
  for (let t = 0; t < 20; t++) expected += x.data[t] * x.data[t];
  expect(score[0]).toBe(expected);
});

test('lists are cut at their rank, whatever their length', async () => {
  const { module } = await compile(false, false);
  const { buffer, kernels } = instantiate(module, newMemory(2 ** 16, false));
  const [at, indexAt, leastAt] = [4096, 16384, 2048];
  for (const [count, shift] of [
    [1, 0],
    [5, 0],
    [16, 3],
    [107, 0],
    [107, -3],
    [701, 0],
  ]) {
    for (const rank of [1, (count >> 1) + 1, count]) {
      for (const error of [0, 0.125]) {
        // Some numbers are there twice.
        const numbers = Float32Array.from({ length: count }, () => Math.round(64 * g()) / 32 - 1 + shift);
        const [value, index] = [new Float32Array(buffer, at, count), new Uint32Array(buffer, indexAt, count)];
        value.set(numbers);
        index.forEach((_, i) => {
          index[i] = i;
        });
        const limits = new Float32Array(buffer, leastAt, 2).fill(-100);
        const kept = kernels.cut(at, indexAt, count, rank, error, leastAt, leastAt + 4);
        const least = numbers.toSorted()[count - rank] - error;
        const expected = Array.from(numbers.keys()).filter((i) => numbers[i] >= least - error);
        expect([...limits]).toEqual([least, least - error]);
        expect([...index.subarray(0, kept)]).toEqual(expected);
        expect([...value.subarray(0, kept)]).toEqual(expected.map((i) => numbers[i]));
        limits.fill(100);
        expect(kernels.cut(at, indexAt, kept, 1, error, leastAt, leastAt + 4)).toBe(0);
        expect([...limits]).toEqual([100, 100]);
      }
    }
  }
});

test('a module without its kernels is refused by the name of the first that is missing', async () => {
  // Nothing but the eight bytes that every module begins with.
  const empty = await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(() => instantiate(empty, newMemory(2 ** 16, false))).toThrow(
    'Expected a kernel `norms` with 4 arguments, found none',
  );
});
