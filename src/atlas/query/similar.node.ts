import { WeightscopeError } from '../../errors.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { SIGNS } from '../schema.ts';
import { checkNumber, checkOneOf, NEURON_PARTS } from './check.ts';
import type { NeuronLists } from './lists.node.ts';
import { order } from './order.ts';
import type { Sources } from './sources.node.ts';

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
 * Neurons whose reading is nearest: the cosine of the lists of scores, both signs, a token that is not listed counting
 * as 0. A lower bound of what the whole readings' cosine would be only where lists are long enough: see docs/atlas.md.
 */
export async function similarNeurons(
  sources: Sources,
  layer: number,
  neuron: number,
  options: { part?: NeuronPart; expert?: number; k?: number } = {},
): Promise<SimilarRow[]> {
  const { expert = 0, k = 20 } = options;
  const part = checkOneOf(options.part ?? 'value', NEURON_PARTS);
  const lists = sources.neurons();
  const number = lists.places.number(checkNumber(layer), checkNumber(expert), checkNumber(neuron));
  if (!lists.has(part, number))
    throw new WeightscopeError('OUT_OF_RANGE', `Expected a neuron of this atlas, got ${layer}:${neuron} (${part}).`);
  const vocab = sources.words().texts.length;
  const wanted = SIGNS.map((sign) => weightsOf(lists.list(part, number, sign), vocab));
  const cosines = nearest(lists, part, number, wanted, checkNumber(k));
  const numbers = order(cosines, k);
  const labels = sources.neuronLabels(part, numbers);
  return numbers.map((number) => {
    const { index, ...place } = lists.places.place(number);
    return { ...place, neuron: index, part, cosine: cosines[number], ...labels.get(number)! };
  });
}

/** More than what sums of numbers rounded to fp32 are off by. */
const ROUNDING = 1e-5;

/** A list as a row over the vocabulary. */
interface Weights {
  listed: Uint8Array;
  score: Float64Array;
}

function weightsOf(list: { token: Int32Array; score: Float64Array }, vocab: number): Weights {
  const [listed, score] = [new Uint8Array(vocab), new Float64Array(vocab)];
  list.token.forEach((id, i) => {
    listed[id] = 1;
    score[id] = list.score[i];
  });
  return { listed, score };
}

/**
 * Cosines with a neuron's lists: of the `k` nearest at least, NaN for those that are farther or have no token in common.
 * Tokens alone are read of all lists: with a neuron's largest score they say what its cosine is at most, and only those
 * that could be among the nearest have their scores read.
 */
function nearest(
  lists: NeuronLists,
  part: NeuronPart,
  number: number,
  wanted: readonly Weights[],
  k: number,
): Float64Array {
  const [norms, best, worst] = ['reading_norm', 'best', 'worst'].map((name) => lists.column(part, name));
  const length = norms[number] || 1;
  const most = commonWeights(lists, part, wanted);
  for (let i = 0; i < most.length; i++) {
    const largest = Math.max(Math.abs(best[i]), Math.abs(worst[i]));
    most[i] = most[i] > 0 ? (most[i] * largest) / (norms[i] * length) : Number.NaN;
  }
  most[number] = Number.NaN;
  const cosines = new Float64Array(most.length).fill(Number.NaN);
  let [tokens, scores] = [new Int32Array(), new Float64Array()];
  for (let n = Math.max(8 * k, 256), done = 0; ; n *= 4) {
    const next = order(most, n);
    lists.each(part, next.slice(done), (i, read, row, each) => {
      if (tokens.length !== each) [tokens, scores] = [new Int32Array(each), new Float64Array(each)];
      const [token, score] = [read('token', row, tokens), read('score', row, scores)];
      let dot = 0;
      for (let at = 0; at < each; at++) {
        const { listed, score: weight } = wanted[at < each / 2 ? 0 : 1];
        if (listed[token[at]] === 1) dot += weight[token[at]] * score[at];
      }
      cosines[i] = dot / (norms[i] * length);
    });
    done = next.length;
    const last = order(cosines, k)[k - 1];
    if (done < n || most[next[done - 1]] < cosines[last] * (1 - ROUNDING)) return cosines;
  }
}

/** Of every neuron the sum of the sizes of the wanted scores whose tokens it lists too. */
function commonWeights(lists: NeuronLists, part: NeuronPart, wanted: readonly Weights[]): Float64Array {
  const sums = new Float64Array(lists.places.size);
  // Half as many bytes to look numbers up in; what rounding does to them is allowed for.
  const [plus, minus] = wanted.map(({ score }) => new Float32Array(score.map(Math.abs)));
  let buffer = new Int32Array();
  lists.scan(part, (read, number, count, row, each) => {
    if (buffer.length < count * each) buffer = new Int32Array(count * each);
    const tokens = read('token', row, buffer.subarray(0, count * each));
    const half = each / 2;
    for (let i = 0; i < count; i++) {
      const at = i * each;
      sums[number + i] = sumOf(plus, tokens, at, at + half) + sumOf(minus, tokens, at + half, at + each);
    }
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
