import { WeightscopeError } from '../../errors.ts';
import { NEURON_PARTS } from '../../reading/parts.ts';
import type { NeuronPart } from '../../reading/types.ts';
import type { NeuronLists, PairList } from './lists.ts';
import { order } from './order.ts';
import { inParallel } from './parallel.ts';
import type { Sources, Words } from './sources.ts';

export interface DiffOptions {
  /** Tokens of a neuron's list, and pairs of a head's, that are compared; default 20. */
  among?: number;
  /** Results of each kind; default 20. */
  k?: number;
}

export interface AtlasDiff {
  /** The neurons that changed most: fewest tokens in both lists first. `lost`: in A's only. `gained`: in B's only. */
  neurons: NeuronDiff[];
  heads: HeadDiff[];
}

export interface NeuronDiff {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  shared: number;
  lost: string[];
  gained: string[];
}

export interface HeadDiff {
  layer: number;
  head: number;
  matrix: 'vo' | 'qk';
  shared: number;
  lost: [string, string][];
  gained: [string, string][];
}

/**
 * Two atlases of one architecture, say of a model before and after training: by how many of their first `among` tokens
 * (pairs) the same neuron (head) has in both, tokens compared by their text. Throws `ATLAS_MISMATCH` where there is
 * nothing to compare.
 */
export async function diffSources(a: Named, b: Named, options: DiffOptions = {}): Promise<AtlasDiff> {
  const { among = 20, k = 20 } = options;
  for (const [name, value] of Object.entries({ among, k })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`${name}\` to be 1 or more, got ${value}.`);
  }
  const pair = new Pair(a.sources, b.sources, among);
  const [neurons, heads] = [await pair.neurons(k), await pair.heads(k)];
  if (neurons.length + heads.length === 0)
    throw new WeightscopeError(
      'ATLAS_MISMATCH',
      `Expected ${a.path} and ${b.path} to have neurons or heads in common, found none.`,
    );
  return { neurons, heads };
}

/** An open atlas by the path that it is known by. */
interface Named {
  path: string;
  sources: Sources;
}

/** Two atlases, of whose lists the first `among` entries are compared. */
class Pair {
  readonly #a: Sources;
  readonly #b: Sources;
  readonly #among: number;

  constructor(a: Sources, b: Sources, among: number) {
    this.#a = a;
    this.#b = b;
    this.#among = among;
  }

  async neurons(k: number): Promise<NeuronDiff[]> {
    const [a, b] = await Promise.all([this.#a.neurons(), this.#b.neurons()]);
    const [wordsA, wordsB] = await Promise.all([this.#a.words(), this.#b.words()]);
    const [idsA, idsB] = textIds(wordsA, wordsB);
    const stamps = new Int32Array(idsA.length + idsB.length).fill(-1);
    const shared = new Float64Array(a.places.size * NEURON_PARTS.length).fill(Number.NaN);
    for (const [p, part] of NEURON_PARTS.entries()) {
      const [ofA, ofB] = [await firstTokens(a, part, this.#among), await firstTokens(b, part, this.#among)];
      for (const { layer, expert, first, count } of a.places.groups) {
        const other = b.places.group(layer, expert);
        for (let i = 0; i < Math.min(count, other?.count ?? 0); i++) {
          const [listA, listB] = [ofA(first + i), ofB(other!.first + i)];
          if (listA.length === 0 || listB.length === 0) continue;
          const at = (first + i) * NEURON_PARTS.length + p;
          for (const token of listB) stamps[idsB[token]] = at;
          let n = 0;
          for (const token of listA) if (stamps[idsA[token]] === at) n++;
          shared[at] = n;
        }
      }
    }
    return inParallel(order(shared, k, true), async (at) => {
      const part = NEURON_PARTS[at % NEURON_PARTS.length];
      const number = Math.floor(at / NEURON_PARTS.length);
      const { index: neuron, ...place } = a.places.place(number);
      const other = b.places.number(place.layer, place.expert, neuron);
      const listA = [...(await a.list(part, number, '+', this.#among)).token];
      const listB = [...(await b.list(part, other, '+', this.#among)).token];
      const differences = onlyIn(
        listA.map((id) => wordsA.token(id)).map(({ token, label }) => ({ key: token, label })),
        listB.map((id) => wordsB.token(id)).map(({ token, label }) => ({ key: token, label })),
      );
      return { ...place, neuron, part, shared: shared[at], ...differences };
    });
  }

  async heads(k: number): Promise<HeadDiff[]> {
    const [a, b] = await Promise.all([this.#a.heads(), this.#b.heads()]);
    const [wordsA, wordsB] = await Promise.all([this.#a.words(), this.#b.words()]);
    const pairs = (words: Words, { first, second }: PairList) =>
      Array.from(first, (id, i) => {
        const sides = [words.token(id), words.token(second[i])];
        const label = sides.map(({ label }) => label) as [string, string];
        return { key: JSON.stringify(sides.map(({ token }) => token)), label };
      });
    const found = await inParallel(a.rows, async ({ layer, head, matrix }): Promise<HeadDiff[]> => {
      const lists = [a, b].map(({ lists }) => lists.list(layer, head, matrix, '+', this.#among));
      const [listA, listB] = await Promise.all(lists);
      if (!listA || !listB) return [];
      const { lost, gained } = onlyIn(pairs(wordsA, listA), pairs(wordsB, listB));
      return [{ layer, head, matrix, shared: listA.first.length - lost.length, lost, gained }];
    });
    return found
      .flat()
      .sort((x, y) => x.shared - y.shared || x.layer - y.layer || x.head - y.head || (x.matrix < y.matrix ? -1 : 1))
      .slice(0, k);
  }
}

/** A number for each token of either atlas, the same for the same text. */
function textIds(a: Words, b: Words): [Int32Array, Int32Array] {
  const ids = new Map<string, number>();
  const of = ({ texts }: Words): Int32Array =>
    Int32Array.from(texts, (text) => {
      const id = ids.get(text) ?? ids.size;
      ids.set(text, id);
      return id;
    });
  return [of(a), of(b)];
}

/** The first tokens of every neuron's `+` list, by its number. */
async function firstTokens(
  lists: NeuronLists,
  part: NeuronPart,
  among: number,
): Promise<(number: number) => Int32Array> {
  let firsts = new Int32Array();
  let n = 0;
  let buffer = new Int32Array();
  const there = new Uint8Array(lists.places.size);
  await lists.scan(part, async (read, number, count, row, each) => {
    if (n === 0) {
      n = Math.min(among, each / 2);
      firsts = new Int32Array(lists.places.size * n);
    }
    if (buffer.length < count * each) buffer = new Int32Array(count * each);
    const tokens = await read('token', row, buffer.subarray(0, count * each));
    for (let i = 0; i < count; i++) {
      firsts.set(tokens.subarray(i * each, i * each + n), (number + i) * n);
      there[number + i] = 1;
    }
  });
  return (number) => firsts.subarray(number * n, there[number] === 1 ? (number + 1) * n : number * n);
}

/** Labels of what is in one list only, by key. */
function onlyIn<L>(
  a: readonly { key: string; label: L }[],
  b: readonly { key: string; label: L }[],
): { lost: L[]; gained: L[] } {
  const [inA, inB] = [a, b].map((list) => new Set(list.map(({ key }) => key)));
  return {
    lost: a.filter(({ key }) => !inB.has(key)).map(({ label }) => label),
    gained: b.filter(({ key }) => !inA.has(key)).map(({ label }) => label),
  };
}
