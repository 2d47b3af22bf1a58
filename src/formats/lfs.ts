import { WeightscopeError } from '../errors.ts';

/**
 * Throws `LFS_POINTER` when a file is what Git leaves in place of a large one that was not fetched: three lines of
 * text. Weights and tokenizer files are kept that way.
 */
export function refuseLfsPointer(bytes: Uint8Array, file: string): void {
  const text = new TextDecoder().decode(bytes.subarray(0, 512));
  if (!text.startsWith('version https://git-lfs')) return;
  const size = /\nsize (\d+)/.exec(text)?.[1];
  throw new WeightscopeError(
    'LFS_POINTER',
    `Expected the contents of ${file}, found a Git LFS pointer to ${size ? `${size} bytes` : 'them'}; run "git lfs pull" in its repository.`,
  );
}
