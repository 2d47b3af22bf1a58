import type { Engine } from '../engine.ts';
import { searchEngine } from '../search/engine.ts';
import { localSession, type Sessions } from '../search/session.ts';
import { canShare, laneCount } from '../workers/lane.ts';
import { openPool } from '../workers/pool.ts';
import { instantiate } from './instantiate.ts';
import { compile, MAX_BYTES, newMemory } from './module.ts';
import { relaxedWorks } from './relaxed.ts';

export interface WasmOptions {
  /** Worker threads; 0 stays on the calling thread. One a core where workers can share memory. */
  threads?: number;
  /** Whether to use relaxed SIMD; by default where a probe finds it right. */
  relaxed?: boolean;
}

/** WebAssembly SIMD on all cores; without shared memory (a page that is not cross-origin isolated) on one thread. */
export const wasmEngine = async (options: WasmOptions = {}): Promise<Engine> => {
  const relaxed = options.relaxed ?? (await relaxedWorks());
  const threads = canShare() ? (options.threads ?? laneCount()) : 0;
  const { module } = await compile(relaxed, threads > 0);
  const simd = relaxed ? 'relaxed SIMD' : 'SIMD128';
  if (threads === 0) {
    const sessions: Sessions = {
      lanes: 1,
      maxBytes: MAX_BYTES,
      open: async (bytes, scratch) => localSession(instantiate(module, newMemory(bytes, false)), scratch),
    };
    return searchEngine('wasm', `WebAssembly ${simd}, one thread`, sessions);
  }
  const pool = openPool(threads, MAX_BYTES, (bytes) => {
    const memory = newMemory(bytes, true);
    return { ...instantiate(module, memory), source: { kind: 'wasm', module, memory } };
  });
  return searchEngine('wasm', `WebAssembly ${simd}, ${threads} worker threads`, pool);
};
