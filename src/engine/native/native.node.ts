import type { Engine } from '../engine.ts';
import { checkKernels } from '../kernels.ts';
import { searchEngine } from '../search/engine.ts';
import { laneCount } from '../workers/lane.ts';
import { openPool } from '../workers/pool.ts';
import { findAddon, loadAddon } from './addon.node.ts';

/** More than any operation needs: matrices pass through in chunks. */
const MAX_BYTES = 2 ** 36;

export interface NativeOptions {
  /** The addon's file; without it, a clone's own build or the platform's package. */
  addon?: string;
  /** One of the addon's instruction sets; without it, the best that this processor has. */
  instructionSet?: string;
  /** Worker threads; one a core. */
  threads?: number;
}

/**
 * Kernels in Rust over the widest vectors of this processor, in worker threads that share one memory with JavaScript.
 * Throws as `loadAddon` does.
 */
export const nativeEngine = async (options: NativeOptions = {}): Promise<Engine> => {
  const path = options.addon ?? findAddon();
  const { NativeKernels, instructionSets } = loadAddon(path);
  checkKernels(NativeKernels.prototype, false, 'npm run build:native');
  const { instructionSet = instructionSets()[0], threads = laneCount() } = options;
  const pool = openPool(threads, MAX_BYTES, (bytes) => {
    const buffer = new SharedArrayBuffer(bytes);
    const kernels = new NativeKernels(new Uint8Array(buffer), instructionSet);
    return { buffer, kernels, source: { kind: 'native', addon: path!, instructionSet, buffer } };
  });
  const sessions = { ...pool, products16: 'means16' in NativeKernels.prototype };
  return searchEngine('native', `Rust, ${instructionSet} instructions, ${threads} worker threads`, sessions);
};
