import type { Sizes } from './architecture.ts';

/** A kind of matrix: how many vectors of the stream it has, whether it reads or writes the stream, its shapes. */
export interface Kind {
  count(s: Sizes): number;
  stream: 'reads' | 'writes';
  shape(s: Sizes): number[];
  bias(s: Sizes): number[];
}

const attention = (heads: 'heads' | 'kvHeads'): Kind => ({
  count: (s) => s[heads] * s.headDim,
  stream: 'reads',
  shape: (s) => [s[heads], s.hidden, s.headDim],
  bias: (s) => [s[heads], s.headDim],
});
const reading = (size: 'neurons' | 'experts'): Kind => ({
  count: (s) => s[size],
  stream: 'reads',
  shape: (s) => [s[size], s.hidden],
  bias: (s) => [s[size]],
});
/** By uniform name without its layer and expert. */
export const KINDS: Record<string, Kind> = {
  'attn.q': attention('heads'),
  'attn.k': attention('kvHeads'),
  'attn.v': attention('kvHeads'),
  'attn.o': {
    ...attention('heads'),
    stream: 'writes',
    shape: (s) => [s.heads, s.headDim, s.hidden],
    bias: (s) => [s.hidden],
  },
  'ff.key': reading('neurons'),
  'ff.up': reading('neurons'),
  'ff.value': { ...reading('neurons'), stream: 'writes', bias: (s) => [s.hidden] },
  'ff.router': reading('experts'),
};
