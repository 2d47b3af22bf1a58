import { checkKernels, type KernelMemory } from '../kernels.ts';

/**
 * Kernels over a memory; synchronous, because the module was compiled before and workers load it between two tasks.
 * Throws `ENGINE_FAILED` when the module lacks a kernel.
 */
export const instantiate = (module: WebAssembly.Module, memory: WebAssembly.Memory): KernelMemory => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { buffer: memory.buffer, kernels: checkKernels(exports, true, 'npm run build:kernels') };
};
