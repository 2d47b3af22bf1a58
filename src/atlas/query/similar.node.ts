import { WeightscopeError } from '../../errors.ts';
import type { NeuronPart } from '../../reading/types.ts';
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
  const own = lists.places.number(checkNumber(layer), checkNumber(expert), checkNumber(neuron));
  if (!lists.has(part, own))
    throw new WeightscopeError('OUT_OF_RANGE', `Expected a neuron of this atlas, got ${layer}:${neuron} (${part}).`);
  const { dots, met } = dotsWith(lists, part, own, (await sources.words()).texts.length);
  const norms = lists.column(part, 'reading_norm');
  const length = norms[own] || 1;
  const cosines = dots.map((dot, number) =>
    met[number] && number !== own ? dot / (norms[number] * length) : Number.NaN,
  );
  const rows = order(cosines, checkNumber(k)).map(async (number): Promise<SimilarRow> => {
    const { index, ...place } = lists.places.place(number);
    const labels = await sources.neuronLabels(part, number);
    return { ...place, neuron: index, part, cosine: cosines[number], ...labels };
  });
  return Promise.all(rows);
}

/** Every neuron's dot product of its lists with those of `own`, and whether they have a token in common. */
function dotsWith(
  lists: NeuronLists,
  part: NeuronPart,
  own: number,
  vocab: number,
): { dots: Float64Array; met: Uint8Array } {
  const wanted = (['+', '-'] as const).map((sign) => {
    const { token, score } = lists.list(part, own, sign);
    const [listed, weight] = [new Uint8Array(vocab), new Float64Array(vocab)];
    token.forEach((id, i) => {
      listed[id] = 1;
      weight[id] = score[i];
    });
    return { listed, weight };
  });
  const dots = new Float64Array(lists.places.size);
  const met = new Uint8Array(lists.places.size);
  let [tokens, scores] = [new Int32Array(), new Float64Array()];
  lists.scan(part, (read, number, count, row, each) => {
    const rows = count * each;
    if (tokens.length < rows) [tokens, scores] = [new Int32Array(rows), new Float64Array(rows)];
    const token = read('token', row, tokens.subarray(0, rows));
    const score = read('score', row, scores.subarray(0, rows));
    const half = each / 2;
    for (let list = 0, at = 0; list < 2 * count; list++) {
      const { listed, weight } = wanted[list & 1];
      let dot = 0;
      let any = 0;
      for (const end = at + half; at < end; at++) {
        if (listed[token[at]] !== 1) continue;
        dot += weight[token[at]] * score[at];
        any = 1;
      }
      const to = number + (list >> 1);
      dots[to] += dot;
      met[to] |= any;
    }
  });
  return { dots, met };
}
