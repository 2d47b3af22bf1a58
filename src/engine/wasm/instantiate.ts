import type { KernelMemory, Kernels } from '../kernels.ts';

/** Kernels over a memory; synchronous, because the module was compiled before and workers load it between two tasks. */
export const instantiate = (module: WebAssembly.Module, memory: WebAssembly.Memory): KernelMemory => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { buffer: memory.buffer, kernels: exports as unknown as Kernels };
};
