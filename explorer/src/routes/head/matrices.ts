import type { HeadMatrix } from '../../api/types.ts';
import type { Tone } from '../../components/bar.tsx';

/** How a head's two matrices are spoken of, and in whose colour. */
export interface MatrixWords {
  name: string;
  what: string;
  headings: { first: string; second: string };
  tone: Tone;
}

export const MATRICES: Record<HeadMatrix, MatrixWords> = {
  qk: {
    name: 'QK',
    what: 'which token looks for which',
    headings: { first: 'query token', second: 'key token' },
    tone: 'read',
  },
  vo: {
    name: 'VO',
    what: 'which token it turns into which',
    headings: { first: 'reads', second: 'writes' },
    tone: 'write',
  },
};
