import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { WeightscopeError } from '../../errors.ts';
import { inPackage } from '../../package.node.ts';
import type { Kernels } from '../kernels.ts';

/** What native/src exports: lib.rs and calls/. */
export interface Addon {
  /** Instruction sets of this processor that there are kernels for, best first. */
  instructionSets(): string[];
  /**
   * For benches: `loops` rounds of multiply-adds in registers, of fp32 (32 bits) or 8-bit numbers; returns how many
   * operations they were, 0 where no kernel multiplies like that.
   */
  peak(instructionSet: string, bits: 32 | 8, loops: number): number;
  /** Kernels over the memory that `view` shows. A call throws an `Error` when it names a place outside. */
  NativeKernels: new (
    view: Uint8Array,
    instructionSet: string,
  ) => Kernels;
}

/** What `npm run build:native` makes. */
const BUILT = inPackage('native/weightscope.node');

const require = createRequire(import.meta.url);

/** The package with the addon for this platform, an optional dependency of the published package. */
const PACKAGE = `weightscope-${process.platform}-${process.arch}${{ linux: '-gnu', win32: '-msvc' }[process.platform as string] ?? ''}`;

const installed = (): string | undefined => {
  try {
    return require.resolve(PACKAGE);
  } catch {
    return undefined;
  }
};

/** Path of the addon: of a clone's own build, or of the platform's package. */
export const findAddon = (): string | undefined => (existsSync(BUILT) ? BUILT : installed());

/**
 * Loads the addon at `path`. Throws `ENGINE_UNAVAILABLE` when there is none, `ENGINE_FAILED` when it is there and does
 * not load: built for another system, or damaged.
 */
export const loadAddon = (path = findAddon()): Addon => {
  if (!path || !existsSync(path)) {
    throw new WeightscopeError(
      'ENGINE_UNAVAILABLE',
      `Expected the native engine's addon, but neither ${PACKAGE} is installed nor native/weightscope.node built; in a clone, \`npm run build:native\` builds it.`,
    );
  }
  try {
    return require(path) as Addon;
  } catch (cause) {
    throw new WeightscopeError(
      'ENGINE_FAILED',
      `The native engine's addon ${path} does not load (${(cause as Error).message}); reinstall it, or run \`npm run build:native\` in a clone.`,
      { cause },
    );
  }
};
