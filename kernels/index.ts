// The inner kernels of the WASM engine (src/engine/kernels.ts says what each does). All data lies in one imported
// memory that the caller lays out; offsets are bytes. Nothing here allocates.
export { dots64, matmul64, norms, panels64 } from './exact';
export { panels32, product32, scan, siftTile } from './product32';
export { columnSums } from './sums';
export { screen8 } from './screen8';
export { broadcast8, dots32, gather32, pack8 } from './pack8';
export { gram } from './gram';
export { cut } from './lists';
export { dots16, quantise16 } from './rows16';
export { listedDots32, quantise, screenRows } from './rows8';
export { peak } from './peak';
