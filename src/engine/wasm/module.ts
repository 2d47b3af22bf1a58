import * as modules from './kernels.generated.ts';

const decode = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

const PAGE = 65536;
/** WebAssembly's 32-bit addresses reach 4 GiB. */
export const MAX_BYTES = 65535 * PAGE;

export interface WasmKernels {
  module: WebAssembly.Module;
  shared: boolean;
  relaxed: boolean;
}

export const compile = async (relaxed: boolean, shared: boolean): Promise<WasmKernels> => {
  const code = relaxed
    ? shared
      ? modules.relaxedShared
      : modules.relaxed
    : shared
      ? modules.simdShared
      : modules.simd;
  return { module: await WebAssembly.compile(decode(code)), shared, relaxed };
};

export const newMemory = (bytes: number, shared: boolean): WebAssembly.Memory => {
  const initial = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory(shared ? { initial, maximum: 65536, shared } : { initial });
};
