import type { Sizes } from './architecture.ts';

/** A kind of matrix: how many vectors of the stream it has, whether it reads or writes the stream, its shapes. */
export interface Kind {
  count(s: Sizes): number;
  stream: 'reads' | 'writes';
  shape(s: Sizes): number[];
  bias(s: Sizes): number[];
}

const value = (s: Sizes): number => s.valueDim ?? s.headDim;

const attention = (heads: 'heads' | 'kvHeads', dim: (s: Sizes) => number): Kind => ({
  count: (s) => s[heads] * dim(s),
  stream: 'reads',
  shape: (s) => [s[heads], s.hidden, dim(s)],
  bias: (s) => [s[heads], dim(s)],
});
const reading = (size: 'neurons' | 'experts'): Kind => ({
  count: (s) => s[size],
  stream: 'reads',
  shape: (s) => [s[size], s.hidden],
  bias: (s) => [s[size]],
});
const writing: Kind = { ...reading('neurons'), stream: 'writes', bias: (s) => [s.hidden] };
const heads = {
  q: attention('heads', (s) => s.headDim),
  k: attention('kvHeads', (s) => s.headDim),
  v: attention('kvHeads', value),
  o: {
    ...attention('heads', value),
    stream: 'writes',
    shape: (s) => [s.heads, value(s), s.hidden],
    bias: (s) => [s.hidden],
  } as Kind,
};

/** By uniform name without its layer and expert. */
const KINDS: Record<string, Kind> = {
  'attn.q': heads.q,
  'attn.k': heads.k,
  'attn.v': heads.v,
  'attn.o': heads.o,
  // What the heads' outputs are multiplied with, where the layer computes that from the stream as well.
  'attn.gate': attention('heads', value),
  'cross.q': heads.q,
  'cross.k': heads.k,
  'cross.v': heads.v,
  'cross.o': heads.o,
  'ff.key': reading('neurons'),
  'ff.up': reading('neurons'),
  'ff.value': writing,
  'ff.router': reading('experts'),
  // What a shared expert's output is multiplied with, after a sigmoid.
  'ff.shared.gate': { count: () => 1, stream: 'reads', shape: (s) => [1, s.hidden], bias: () => [1] },
};

/**
 * The kind of a matrix by its uniform name without its layer. Layers that are no attention (Mamba, convolutions, linear
 * attention) have `recurrent.out`, which writes, and others, which read.
 */
export function kindOf(own: string): Kind | undefined {
  if (own.startsWith('recurrent.')) return own === 'recurrent.out' ? writing : KINDS['ff.key'];
  return KINDS[own] ?? KINDS[own.replace(/^ff\.[^.]+\.(?=key|up|value)/, 'ff.')];
}

/** Kinds whose number of vectors the tensor tells: no config has one name for it. */
export const OF_ANY_SIZE = /^recurrent\./;
