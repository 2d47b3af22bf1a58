import type { KernelMemory, Kernels } from '../../kernels.ts';
import { fp32Above, fp32Below } from '../bounds.ts';

/** Little more than k: the fuller a list gets before it is cut, the longer pairs pass that could be ruled out. */
const roomFor = (k: number): number => k + (k >> 1) + 32;

/** Bytes of `lists` lists that are to end with k entries. */
export const candidateBytes = (lists: number, k: number): number =>
  64 * Math.ceil((lists * (roomFor(k) * 8 + 16)) / 64);

/** A score in fp32 that is surely no more. */
export const floorOf = (score: number, scale: number): number => {
  const scaled = score * scale;
  return scaled === 0 ? -(2 ** -149) : fp32Below(scaled);
};

/**
 * Lists of what may be among the best k, by values that differ from the (scaled) scores by at most `error`; the best
 * are the largest. Lists lie in a buffer: they outlive a task, and other workers can read them. A list that ties fill
 * is cut by exact scores, so that its room always suffices.
 */
export class Candidates {
  readonly k: number;
  private rank: number;
  private full: number;
  private readonly room: number;
  private readonly index: Uint32Array;
  private readonly value: Float32Array;
  private readonly length: Uint32Array;
  /** The rank-th score is at least this. */
  readonly least: Float32Array;
  /** Smaller values cannot matter: least - error. */
  readonly needed: Float32Array;
  /** Where `needed` lies. */
  readonly neededAt: number;
  private readonly error: Float32Array;
  private readonly kernels: Kernels;
  /** Called when `least` of a list has risen. */
  onRise: (list: number) => void = () => {};
  /** Scores of entries of one list, unscaled, best largest, and the scale of its values. */
  exactly: (list: number, index: Uint32Array) => { scores: Float64Array; scale: number } = () => {
    throw new Error('no exact scores');
  };

  constructor({ buffer, kernels }: KernelMemory, at: number, lists: number, k: number) {
    this.kernels = kernels;
    this.k = k;
    this.room = roomFor(k);
    this.rank = k;
    this.full = this.room;
    const entries = lists * this.room;
    const beside = (i: number): number => at + 4 * i * lists;
    this.neededAt = at;
    this.needed = new Float32Array(buffer, at, lists);
    this.least = new Float32Array(buffer, beside(1), lists);
    this.error = new Float32Array(buffer, beside(2), lists);
    this.length = new Uint32Array(buffer, beside(3), lists);
    this.index = new Uint32Array(buffer, beside(4), entries);
    this.value = new Float32Array(buffer, beside(4 + this.room), entries);
  }

  /** From now on `least` rises to the rank-th score: k, or less to guess what the k-th of more entries will be. */
  setRank(rank: number): void {
    this.rank = rank;
    this.full = Math.min(this.room, roomFor(rank));
  }

  /** Empties a list whose k-th score is known to be at least `least`. */
  start(list: number, error: number, least: number): void {
    this.length[list] = 0;
    this.error[list] = fp32Above(error);
    this.least[list] = this.needed[list] = Number.NEGATIVE_INFINITY;
    this.raise(list, least);
  }

  add(list: number, index: number, value: number): void {
    if (!(value >= this.needed[list])) return;
    const at = list * this.room + this.length[list]++;
    this.index[at] = index;
    this.value[at] = value;
    if (this.length[list] < this.full) return;
    this.tighten(list);
    if (this.length[list] > this.room - 16 - (this.k >> 2)) this.settle(list);
  }

  /** Finds a first `least` as soon as there are enough entries. */
  begin(list: number): void {
    if (this.least[list] === Number.NEGATIVE_INFINITY && this.length[list] >= this.rank) this.tighten(list);
  }

  /** Raises `least` and drops what it rules out. */
  tighten(list: number): void {
    const { index, value, error, least, needed, length, rank, kernels } = this;
    if (length[list] < rank) return;
    const [from, own] = [4 * list * this.room, 4 * list];
    length[list] = kernels.cut(
      value.byteOffset + from,
      index.byteOffset + from,
      length[list],
      rank,
      error[list],
      least.byteOffset + own,
      needed.byteOffset + own,
    );
    this.onRise(list);
  }

  entries(list: number): { index: Uint32Array; value: Float32Array; error: number } {
    const [from, end] = [list * this.room, list * this.room + this.length[list]];
    return { index: this.index.subarray(from, end), value: this.value.subarray(from, end), error: this.error[list] };
  }

  private raise(list: number, least: number): void {
    if (!(least > this.least[list])) return;
    this.least[list] = least;
    this.needed[list] = fp32Below(least - this.error[list]);
  }

  /** Keeps the best k by exact score, then index. */
  private settle(list: number): void {
    const { k, rank, index, value } = this;
    const from = list * this.room;
    const entries = this.entries(list).index.slice();
    const { scores, scale } = this.exactly(list, entries);
    const order = sorted(entries, scores).subarray(0, k);
    for (const [p, entry] of order.entries()) {
      index[from + p] = entries[entry];
      value[from + p] = scores[entry] * scale;
    }
    this.length[list] = order.length;
    this.raise(list, floorOf(scores[order[rank - 1]], scale));
    this.onRise(list);
  }
}

/** Order of entries by falling score, then rising index. */
export const sorted = (index: Uint32Array, scores: Float64Array): Uint32Array => {
  const order = new Uint32Array(scores.length);
  for (let p = 0; p < order.length; p++) order[p] = p;
  if (order.length > 256) return order.sort((p, q) => scores[q] - scores[p] || index[p] - index[q]);
  for (let i = 1; i < order.length; i++) {
    const own = order[i];
    let to = i;
    for (; to > 0; to--) {
      const other = order[to - 1];
      if (scores[other] > scores[own] || (scores[other] === scores[own] && index[other] < index[own])) break;
      order[to] = other;
    }
    order[to] = own;
  }
  return order;
};
