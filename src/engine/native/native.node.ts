import { WeightscopeError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import type { KernelMemory } from '../kernels.ts';
import { columnMeans } from '../search/column-means.ts';
import { matmul } from '../search/matmul.ts';
import { topPairs } from '../search/pairs.ts';
import { topRows } from '../search/rows.ts';
import { localSession, type Sessions } from '../search/session.ts';
import { type Addon, loadAddon } from './addon.node.ts';

/** More than any operation needs: matrices pass through in chunks. */
const MAX_BYTES = 2 ** 36;

export interface NativeOptions {
  /** The addon's file; without it, a clone's own build or the platform's package. */
  addon?: string;
  /** One of the addon's instruction sets; without it, the best. */
  instructionSet?: string;
}

const bind = (addon: Addon, instructionSet: string, bytes: number): KernelMemory => {
  const buffer = new SharedArrayBuffer(bytes);
  return { buffer, kernels: new addon.NativeKernels(new Uint8Array(buffer), instructionSet) };
};

/** Kernels in Rust over the vectors of this processor. Throws as `loadAddon` does. */
export const nativeEngine = async (options: NativeOptions = {}): Promise<Engine> => {
  const addon = loadAddon(options.addon);
  const instructionSet = options.instructionSet ?? addon.instructionSets()[0];
  const sessions: Sessions = {
    lanes: 1,
    maxBytes: MAX_BYTES,
    open: async (bytes, scratch) => localSession(bind(addon, instructionSet, bytes), scratch),
  };
  let closed = false;
  const open = (): Sessions => {
    if (closed) throw new WeightscopeError('ENGINE_FAILED', 'The native engine was closed; open a new one.');
    return sessions;
  };
  return {
    name: 'native',
    description: `Rust, ${instructionSet}, one thread`,
    topRows: async (x, e, options) => topRows(open(), x, e, options),
    topPairs: async (a, b, options) => topPairs(open(), a, b, options),
    columnMeans: async (x, e, options) => columnMeans(open(), x, e, options),
    matmul: async (a, b, options) => matmul(open(), a, b, options),
    close: async () => {
      closed = true;
    },
  };
};
