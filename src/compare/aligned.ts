import type { VectorKind } from '../reading/parameters.ts';

// What two models are aligned by. Apart from how: commands and pages name these at once, and align when asked to.

export const SPACES = ['embedding', 'feature'] as const;
export type SpaceName = (typeof SPACES)[number];

/** Short names of the kinds of vectors that are aligned. */
export const ALIGNED = {
  key: 'ff.key',
  up: 'ff.up',
  value: 'ff.value',
  q: 'attn.q',
  k: 'attn.k',
  v: 'attn.v',
  o: 'attn.o',
} as const satisfies Record<string, VectorKind>;
export type AlignedKind = keyof typeof ALIGNED;
