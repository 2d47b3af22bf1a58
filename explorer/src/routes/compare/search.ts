import { oneOf, wholeNumber } from '../../state/reading-search.ts';

/** What of the two is shown: live, from the weights, or (`neurons`, `heads`) from the lists of both atlases. */
export const SHOWN = ['changes', 'pairs', 'alignment', 'neurons', 'heads'] as const;
export type Shown = (typeof SHOWN)[number];

/** Kinds of vectors that are aligned. */
export const ALIGNED = ['key', 'up', 'value', 'q', 'k', 'v', 'o'] as const;

/** Which two models, by their ids, and what of them. */
export interface CompareSearch {
  a?: string;
  b?: string;
  /** Absent: what changed where both checkpoints are open, else the neurons of the atlases. */
  show?: Shown;
  /** Tokens (pairs) of each list that are compared; absent: {@link AMONG}. */
  among?: number;
  /** Of the heads that changed most, which is shown, from 0; absent: the first. */
  nth?: number;
  /** Any head, in place of one of those that changed most: `LAYER:HEAD`, and which of its matrices (absent: `vo`). */
  head?: string;
  matrix?: 'qk';
  /** Which vectors are aligned; absent: values. */
  kind?: (typeof ALIGNED)[number];
  /** All vectors of a layer are aligned, not only {@link SAMPLE}. */
  all?: true;
}

export const AMONG = 20;
/** Vectors of a layer that are aligned unless all are asked for: seconds, where all of a small model take minutes. */
export const SAMPLE = 128;
const MOST_HEADS = 100;

export function parseCompareSearch(given: Record<string, unknown>): CompareSearch {
  const { a, b } = given;
  const show = oneOf(given.show, SHOWN);
  const among = wholeNumber(given.among, 1, 100);
  const nth = wholeNumber(given.nth, 0, MOST_HEADS);
  const kind = oneOf(given.kind, ALIGNED);
  return {
    ...(typeof a === 'string' && { a }),
    ...(typeof b === 'string' && { b }),
    ...(show && { show }),
    ...(among !== undefined && among !== AMONG && { among }),
    ...(nth && { nth }),
    ...(typeof given.head === 'string' && /^\d{1,4}:\d{1,4}$/.test(given.head) && { head: given.head }),
    ...(given.matrix === 'qk' && { matrix: 'qk' as const }),
    ...(kind && kind !== 'value' && { kind }),
    ...((given.all === true || given.all === 'true') && { all: true }),
  };
}
