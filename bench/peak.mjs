import { findAddon, loadAddon } from '../dist/engine/native/addon.node.js';
import { instantiate } from '../dist/engine/wasm/instantiate.js';
import { compile, newMemory } from '../dist/engine/wasm/module.js';
import { relaxedWorks } from '../dist/engine/wasm/relaxed.js';

const BYTES = 2 ** 24;
const [ROWS, COLUMNS, D] = [128, 256, 576];

/** Kernels on this thread and, beside them, loops that do nothing but multiply and add. */
const open = async (engine) => {
  if (engine === 'native') {
    const { NativeKernels, instructionSets, peak } = loadAddon(findAddon());
    const [set] = instructionSets();
    const buffer = new SharedArrayBuffer(BYTES);
    return {
      name: set,
      buffer,
      kernels: new NativeKernels(new Uint8Array(buffer), set),
      peak: (bits, n) => peak(set, bits, n),
    };
  }
  const relaxed = await relaxedWorks();
  const { module } = await compile(relaxed, false);
  const { buffer, kernels } = instantiate(module, newMemory(BYTES, false));
  return {
    name: relaxed ? 'relaxed SIMD' : 'SIMD128',
    buffer,
    kernels,
    peak: (bits, n) => kernels.peak(bits, n, 1024),
  };
};

/** Seconds of the fastest of many short calls: what the processor does when nothing else disturbs it. */
const fastest = (run) => {
  let best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 1500; performance.now() < end; ) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
};

/** P6: what part of the measured peak of one core each inner kernel reaches, on blocks as the search cuts them. */
export const peakFractions = async (engine) => {
  const { name, buffer, kernels, peak } = await open(engine);
  let free = 2048;
  const take = (bytes) => {
    const at = free;
    free = Math.ceil((at + bytes) / 64) * 64;
    return at;
  };
  const [x, e] = [take(ROWS * D * 4), take(COLUMNS * D * 4)];
  const values = new Float32Array(buffer, x, (ROWS + COLUMNS) * D);
  for (let i = 0; i < values.length; i++) values[i] = Math.sin(i * i);
  const [index, ones] = [take(COLUMNS * 4), take(Math.max(COLUMNS, D) * 8)];
  new Uint32Array(buffer, index, COLUMNS).forEach((_, i, all) => {
    all[i] = i;
  });
  new Float64Array(buffer, ones, Math.max(COLUMNS, D)).fill(1);
  const [panelsX, panelsE, panels64] = [take(ROWS * D * 4), take(COLUMNS * D * 4), take(COLUMNS * D * 8)];
  kernels.panels32(x, D, index, ones, ROWS, panelsX);
  kernels.panels32(e, D, index, ones, COLUMNS, panelsE);
  kernels.panels64(e, COLUMNS, D, panels64);
  const [packedX, packedE, aboutX, aboutE] = [take(ROWS * D), take(COLUMNS * D), take(ROWS * 48), take(COLUMNS * 48)];
  const frame = take(D * 16);
  new Float64Array(buffer, frame, D).fill(1);
  kernels.quantise(x, index, ROWS, D, frame, 1, packedX, aboutX);
  kernels.quantise(e, index, COLUMNS, D, frame, 0, packedE, aboutE);
  // Limits that nothing reaches: all work but the list.
  const [limits, columns] = [take(ROWS * 32), take(COLUMNS * 16)];
  const numbers = new Float32Array(buffer, limits, ROWS * 8);
  for (let i = 0; i < ROWS; i++)
    numbers.set([0, 0, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0], 8 * i);
  new Float32Array(buffer, columns, 4 * COLUMNS).fill(1);
  const [tile, sums] = [take(ROWS * COLUMNS * 4), take(COLUMNS * 16)];
  const product32 = () => kernels.product32(panelsX, ROWS / 8, panelsE, COLUMNS / 8, D, tile, COLUMNS);
  const [x16, e16, scaleX, scaleE] = [take(ROWS * D * 2), take(COLUMNS * D * 2), take(ROWS * 8), take(COLUMNS * 8)];
  kernels.pack16?.(x, ROWS, D, 1, x16, scaleX);
  kernels.pack16?.(e, COLUMNS, D, 0, e16, scaleE);
  const means16 = () => kernels.means16(x16, scaleX, ROWS / 16, e16, COLUMNS / 16, D, sums, sums + 8 * COLUMNS);
  const screened = () => kernels.screenRows(packedX, limits, ROWS, packedE, columns, COLUMNS / 16, COLUMNS, D, tile);
  if (screened() !== 0) throw new Error('The screen listed what nothing reaches, so nothing is timed.');

  const loops = 100_000;
  const rate = (bits) => peak(bits, loops) / fastest(() => peak(bits, loops)) / 1e9;
  const [fp32, int8] = [rate(32), rate(8)];
  const operations = 2 * ROWS * COLUMNS * D;
  const row = (kernel, of, run) => {
    const gops = operations / fastest(run) / 1e9;
    return {
      kernel,
      gops: Number(gops.toPrecision(3)),
      peak_gops: Number(of.toPrecision(3)),
      share: Number((gops / of).toPrecision(2)),
    };
  };
  return {
    kernels: name,
    rows: [
      row('fp32 products (product32)', fp32, product32),
      row('fp32 products and column sums', fp32, () => {
        product32();
        kernels.columnSums(tile, ROWS, COLUMNS, COLUMNS, sums, sums + 8 * COLUMNS);
      }),
      ...(kernels.means16 ? [row('16-bit products and column sums (means16), of the fp32 peak', fp32, means16)] : []),
      row('fp64 products (matmul64), of half the fp32 peak', fp32 / 2, () =>
        kernels.matmul64(x, ROWS, panels64, COLUMNS / 4, D, tile, COLUMNS),
      ),
      // Where no loop multiplies bytes, the fp32 peak is what the screen has to beat.
      row(
        int8 > 0 ? '8-bit screen (screenRows)' : '8-bit screen (screenRows), of the fp32 peak',
        int8 || fp32,
        screened,
      ),
    ],
  };
};
