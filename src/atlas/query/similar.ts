import { NEURON_PARTS } from '../../reading/parts.ts';
import { neuronText } from '../../reading/place.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { checkNumber, checkOneOf } from './check.ts';
import type { ReadColumn } from './columns.ts';
import type { NeuronLists } from './lists.ts';
import { order } from './order.ts';
import { notThere } from './readings.ts';
import type { Sources } from './sources.ts';

export interface SimilarRow {
  layer: number;
  expert: number;
  neuron: number;
  part: NeuronPart;
  cosine: number;
  top: string;
  bottom: string;
}

/**
 * Neurons whose reading is nearest: the cosine of the listed scores as vectors over the vocabulary, where a token
 * stands once with its score, whichever list it is in, and a token that is not listed counts as 0. A token with a high
 * score in one and a low score in the other makes it smaller. A neuron whose listed scores are all 0 has no direction:
 * it is like none, and none is like it.
 */
export async function similarNeurons(
  sources: Sources,
  layer: number,
  neuron: number,
  options: { part?: NeuronPart; expert?: number; k?: number } = {},
): Promise<SimilarRow[]> {
  const { expert = 0, k = 20 } = options;
  const part = checkOneOf(options.part ?? 'value', NEURON_PARTS);
  const lists = await sources.neurons();
  const number = lists.places.number(checkNumber(layer), checkNumber(expert), checkNumber(neuron));
  if (!lists.has(part, number)) throw notThere('a neuron', `${neuronText({ layer, neuron, expert })} (${part})`);
  const reader = new ListReader((await sources.words()).texts.length);
  const cosines = await nearest(lists, part, number, reader, checkNumber(k));
  const numbers = order(cosines, k);
  const labels = await sources.neuronLabels(part, numbers);
  return numbers.map((number) => {
    const { index, ...place } = lists.places.place(number);
    return { ...place, neuron: index, part, cosine: cosines[number], ...labels.get(number)! };
  });
}

/** More than what sums of numbers rounded to fp32 are off by. */
const ROUNDING = 1e-5;

/** Both lists of a neuron as one, a token of both only once. */
class ListReader {
  readonly vocab: number;
  /** Which neuron's `+` list last had a token, counted from 1. */
  readonly #listed: Uint32Array;
  #neurons = 0;

  constructor(vocab: number) {
    this.vocab = vocab;
    this.#listed = new Uint32Array(vocab);
  }

  /**
   * Calls `visit` with each listed token and its score. Returns the length of the scores where a token was in both
   * lists.
   */
  async each(
    read: ReadColumn,
    row: number,
    each: number,
    visit: (token: number, score: number) => void,
  ): Promise<{ repeatedLength?: number }> {
    const token = await read('token', row, new Int32Array(each));
    const score = await read('score', row, new Float64Array(each));
    // From here on nothing is waited for: others are read meanwhile.
    this.#neurons++;
    let squares = 0;
    let repeated = false;
    for (let at = 0; at < each; at++) {
      if (at < each / 2) this.#listed[token[at]] = this.#neurons;
      else if (this.#listed[token[at]] === this.#neurons) {
        repeated = true;
        continue;
      }
      squares += score[at] * score[at];
      visit(token[at], score[at]);
    }
    return repeated ? { repeatedLength: Math.sqrt(squares) } : {};
  }
}

/**
 * Cosines with a neuron's lists: of the `k` nearest at least, NaN for those that are farther. Tokens alone are read of
 * all lists: with a neuron's largest score they say what its cosine is at most, and only those that could be among the
 * nearest have their scores read. Without a token in common it is 0.
 */
async function nearest(
  lists: NeuronLists,
  part: NeuronPart,
  number: number,
  reader: ListReader,
  k: number,
): Promise<Float64Array> {
  const columns = ['reading_norm', 'best', 'worst'].map((name) => lists.column(part, name));
  const [norms, best, worst] = await Promise.all(columns);
  const cosines = new Float64Array(norms.length).fill(Number.NaN);
  /** The neuron's scores over the vocabulary. */
  const wanted = new Float64Array(reader.vocab);
  let length = norms[number];
  /** A token that is in both lists of a neuron counts twice in its `reading_norm`, once here. */
  let once = 1;
  await lists.each(part, [number], async (_, read, row, each) => {
    const { repeatedLength } = await reader.each(read, row, each, (token, score) => {
      wanted[token] = score;
    });
    length = repeatedLength ?? length;
    // Lists as long as a third of the vocabulary are the only ones that commonly overlap.
    if (1.5 * each > reader.vocab) once = Math.SQRT1_2;
  });
  if (!(length > 0)) return cosines;
  const most = await commonWeights(lists, part, wanted, length);
  for (let i = 0; i < most.length; i++) {
    const largest = Math.max(Math.abs(best[i]), Math.abs(worst[i]));
    most[i] = norms[i] > 0 ? (most[i] * largest) / (norms[i] * once) : Number.NaN;
    if (most[i] === 0) cosines[i] = 0;
  }
  most[number] = cosines[number] = Number.NaN;
  for (let n = Math.max(8 * k, 256), done = 0; ; n *= 4) {
    const next = order(most, n);
    const unread = next.slice(done).filter((i) => most[i] > 0);
    await lists.each(part, unread, async (i, read, row, each) => {
      let dot = 0;
      const { repeatedLength } = await reader.each(read, row, each, (token, score) => {
        dot += wanted[token] * score;
      });
      cosines[i] = dot / ((repeatedLength ?? norms[i]) * length);
    });
    done = next.length;
    const last = order(cosines, k)[k - 1];
    if (done < n || most[next[done - 1]] < cosines[last] * (1 - ROUNDING)) return cosines;
  }
}

/** Of every neuron the sum of the sizes of the wanted scores, divided by `length`, whose tokens it lists too. */
async function commonWeights(
  lists: NeuronLists,
  part: NeuronPart,
  wanted: Float64Array,
  length: number,
): Promise<Float64Array> {
  const sums = new Float64Array(lists.places.size);
  // Half as many bytes to look numbers up in; what rounding does to them is allowed for.
  const sizes = new Float32Array(wanted.map((score) => Math.abs(score) / length));
  let buffer = new Int32Array();
  await lists.scan(part, async (read, number, count, row, each) => {
    if (buffer.length < count * each) buffer = new Int32Array(count * each);
    const tokens = await read('token', row, buffer.subarray(0, count * each));
    for (let i = 0; i < count; i++) sums[number + i] = sumOf(sizes, tokens, i * each, (i + 1) * each);
  });
  return sums;
}

/** Four sums side by side: an addition need not wait for the one before. */
function sumOf(weights: Float32Array, tokens: Int32Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 3 < to; at += 4) {
    a += weights[tokens[at]];
    b += weights[tokens[at + 1]];
    c += weights[tokens[at + 2]];
    d += weights[tokens[at + 3]];
  }
  for (; at < to; at++) a += weights[tokens[at]];
  return a + b + c + d;
}
