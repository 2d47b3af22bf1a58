import { nativeEngine } from '../dist/engine/native/native.node.js';
import { wasmEngine } from '../dist/engine/wasm/wasm.js';

const R = 64;
const SIZES = [8192, 16384, 32768, 65536, 131072, 262144];
/** Rows at which k is varied. */
const MIDDLE = 65536;
const COUNTS = [10, 100, 1000, 10_000, 100_000, 1_000_000];
/** A series ends with the first run that takes longer, in seconds. */
const LONGEST = 15;

const round = (x) => Number(x.toPrecision(4));

/**
 * Factors from a seed: row norms over a decade and columns whose energy falls so that the products' singular values do
 * as those of SmolLM2's heads (the first of 64 has 15 % of their sum, the first 29 have 75 %).
 */
const synthetic = (rows, seed) => {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const data = new Float32Array(rows * R);
  for (let i = 0; i < rows; i++) {
    const size = 0.3 * 10 ** uniform();
    for (let t = 0; t < R; t += 2) {
      const [length, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
      data[i * R + t] = size * length * Math.cos(angle) * (1 + t) ** -0.4;
      data[i * R + t + 1] = size * length * Math.sin(angle) * (2 + t) ** -0.4;
    }
  }
  return data;
};

/** Growth from one row of a series to the next: the exponent of `size` in `ours_s`. */
const withExponents = (rows, size) =>
  rows.map((row, i) => {
    if (i === 0) return row;
    const [before, now] = [rows[i - 1], row];
    const exponent = Math.log(now.ours_s / before.ours_s) / Math.log(now[size] / before[size]);
    return { ...row, exponent: round(exponent) };
  });

/** `topPairs` of synthetic factors against the number of rows, against k, and with one thread. */
export const scaling = async (name) => {
  const largest = SIZES.at(-1);
  const [dataA, dataB] = [synthetic(largest, 1), synthetic(largest, 2)];
  const factors = (V) => [dataA, dataB].map((data) => ({ data: data.subarray(0, V * R), rows: V, columns: R }));
  const rows = [];
  for (const threads of [2, 1]) {
    const engine = await (name === 'native' ? nativeEngine : wasmEngine)({ threads });
    const time = async (V, k) => {
      const [a, b] = factors(V);
      const times = [];
      for (let i = 0; i < 3; i++) {
        const start = performance.now();
        await engine.topPairs(a, b, { k });
        times.push((performance.now() - start) / 1000);
      }
      const row = { V, k, threads, ours_s: round(times.sort((p, q) => p - q)[1]) };
      process.stderr.write(`scaling: V ${V}, k ${k}, ${threads} threads: ${row.ours_s} s\n`);
      return { case: `V = ${V}, k = ${k}, ${threads} thread${threads > 1 ? 's' : ''}`, ...row };
    };
    const series = async (sizes, run) => {
      const list = [];
      for (const size of sizes) {
        if (list.length > 0 && list.at(-1).ours_s > LONGEST) break;
        list.push(await run(size));
      }
      return list;
    };
    // Compilers have seen it all before the first row.
    for (let i = 0; i < 2; i++) await engine.topPairs(...factors(SIZES[0]), { k: 1000 });
    rows.push(...withExponents(await series(SIZES, (V) => time(V, 1000)), 'V'));
    if (threads > 1) rows.push(...withExponents(await series(COUNTS, (k) => time(MIDDLE, k)), 'k'));
    await engine.close();
  }
  return { rows };
};
