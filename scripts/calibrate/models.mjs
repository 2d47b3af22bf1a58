// Models whose heads or neurons are made up, and whose embeddings and vocabulary are another model's.
import { headVectors } from '../../dist/reading/factors.js';
import { dense, orthonormal, singular, times, transposed } from '../../dist/reading/statistics/linear.js';
import { gaussian } from '../../dist/reading/statistics/nulls.js';

/** A parameter of these numbers: `groups` (heads, or 1) of vectors [width]. */
export function parameterOf(name, data, groups, width) {
  const count = data.length / width;
  const shape = groups === 1 ? [count, width] : [groups, count / groups, width];
  return {
    ...{ name, shape, count, width, tensors: [name] },
    read: async (from = 0, to = count) => data.slice(from * width, to * width),
  };
}

/** `model` with these parameters instead of its layers' own. */
export function withParameters(model, layers, given) {
  const kept = [...model.parameters].filter(([name]) => !name.startsWith('layer.'));
  const parameters = new Map([...kept, ...given.map((parameter) => [parameter.name, parameter])]);
  return {
    ...model,
    name: 'random',
    fingerprint: `random ${Math.random()}`,
    notes: [],
    parameters,
    dimensions: { ...model.dimensions, layers },
  };
}

const PARTS = ['q', 'k', 'v', 'o'];

/** `heads` random heads a layer; `spectra`: with the singular values of the model's own heads, taken in turn. */
export async function randomHeads(model, { layers, heads, seed, spectra, change }) {
  const { hidden: d, headDim: r } = model.dimensions;
  const own = model.dimensions.layers * model.dimensions.heads;
  const given = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const [i, part] of PARTS.entries()) {
      const data = new Float32Array(heads * r * d);
      for (let head = 0; head < heads; head++) {
        const number = layer * heads + head;
        const z = gaussian(r * d, seed * 1e6 + number * 4 + i);
        const w = spectra ? await withSpectrum(model, number % own, part, z, seed * 1e6 + number * 4 + i) : z;
        data.set(w, head * r * d);
      }
      given.push(parameterOf(`layer.${layer}.attn.${part}`, data, heads, d));
    }
  }
  const made = withParameters(model, layers, given);
  made.dimensions = { ...made.dimensions, heads, kvHeads: heads };
  change?.(made);
  return made;
}

async function withSpectrum(model, number, part, z, seed) {
  const { hidden: d, headDim: r, heads } = model.dimensions;
  const w = dense(await headVectors(model, Math.floor(number / heads), number % heads, part));
  const { s } = singular(w);
  const frame = transposed(orthonormal({ data: z, rows: r, columns: d }).q); // [r, d]
  const turn = orthonormal({ data: gaussian(r * r, seed + 5e5), rows: r, columns: r }).q;
  const data = frame.data.map((x, at) => x * s[Math.floor(at / d)]);
  return times(turn, { ...frame, data }).data;
}

/** Neurons of normal numbers, in one layer. */
export function randomNeurons(model, count, seed) {
  const { hidden: d } = model.dimensions;
  const parts = model.dimensions.gated ? ['key', 'up', 'value'] : ['key', 'value'];
  const given = parts.map((part, i) =>
    parameterOf(`layer.0.ff.${part}`, Float32Array.from(gaussian(count * d, seed * 10 + i)), 1, d),
  );
  return withParameters(model, 1, given);
}

/** The same with the rows of `embed` in an order of their own: what stands on the first side of an interaction. */
export async function shuffledVocabulary(model, seed) {
  const e = model.parameters.get('unembed');
  const [rows, d] = [await e.read(0, e.count), e.width];
  const keys = gaussian(e.count, seed);
  const order = Array.from(keys.keys()).sort((i, j) => keys[i] - keys[j]);
  const data = new Float32Array(rows.length);
  for (const [i, from] of order.entries()) data.set(rows.subarray(from * d, (from + 1) * d), i * d);
  const parameters = new Map([...model.parameters, ['embed', { ...parameterOf('embed', data, 1, d) }]]);
  return { ...model, parameters };
}
