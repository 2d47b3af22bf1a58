import { WeightscopeError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { columnMeans } from '../search/column-means.ts';
import { matmul } from '../search/matmul.ts';
import { topPairs } from '../search/pairs.ts';
import { topRows } from '../search/rows.ts';
import { localSession, type Sessions } from '../search/session.ts';
import { compile, instantiate, MAX_BYTES, newMemory } from './module.ts';

/** WebAssembly SIMD on the calling thread. */
export const wasmEngine = async (): Promise<Engine> => {
  const { module } = await compile(false, false);
  const sessions: Sessions = {
    lanes: 1,
    maxBytes: MAX_BYTES,
    open: async (bytes, scratch) => localSession(instantiate(module, newMemory(bytes, false)), scratch),
  };
  let closed = false;
  const open = (): Sessions => {
    if (closed) throw new WeightscopeError('ENGINE_FAILED', 'The wasm engine was closed; open a new one.');
    return sessions;
  };
  return {
    name: 'wasm',
    description: 'WebAssembly SIMD, one thread',
    topRows: async (x, e, options) => topRows(open(), x, e, options),
    topPairs: async (a, b, options) => topPairs(open(), a, b, options),
    columnMeans: async (x, e, options) => columnMeans(open(), x, e, options),
    matmul: async (a, b, options) => matmul(open(), a, b, options),
    close: async () => {
      closed = true;
    },
  };
};
