// Lists the neurons of the sample whose words belong together: node models/coherent.mjs [HOW MANY]   (after npm start)
//
// For each neuron's key and value, both ends: the mean cosine between the embeddings of its 12 best tokens, after
// taking the vocabulary's mean direction out. Lists of special tokens, letters and function words are left out by
// asking for at least 8 whole words that are not among the first 800 tokens of the vocabulary.
import { defaultEngine, embedding, normaliser, openModel } from '../dist/node.js';

const K = 12;
const model = await openModel('sample');
const e = await embedding(model);
const engine = await defaultEngine();
const directions = centredDirections(e);
const { vocabulary } = model;
const isWord = Array.from({ length: e.rows }, (_, id) => id > 800 && /^ ?[A-Za-z]{3,}$/.test(vocabulary.text(id)));

const found = [];
for (const part of ['key', 'value']) {
  const divisor = await normaliser(model, `ff.${part}`);
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    const parameter = model.parameters.get(`layer.${layer}.ff.${part}`);
    const vectors = { data: await parameter.read(), rows: parameter.count, columns: parameter.width };
    const ranked = await engine.topRows(vectors, e, { k: K, ends: 'both', divisor });
    for (const end of ['top', 'bottom']) {
      for (let neuron = 0; neuron < parameter.count; neuron++) {
        const ids = [...ranked[end].index.subarray(neuron * K, neuron * K + K)];
        if (ids.filter((id) => isWord[id]).length < 8) continue;
        found.push({ at: `${layer}:${neuron} ${part} ${end}`, ids, coherence: coherence(ids) });
      }
    }
  }
}
found.sort((a, b) => b.coherence - a.coherence);
for (const { at, ids, coherence } of found.slice(0, Number(process.argv[2] ?? 100))) {
  console.log(coherence.toFixed(3), at.padEnd(18), ids.map((id) => vocabulary.label(id)).join(' '));
}

/** Mean cosine over all pairs of ids. */
function coherence(ids) {
  const d = e.columns;
  let sum = 0;
  for (let a = 1; a < ids.length; a++) {
    for (let b = 0; b < a; b++) {
      for (let t = 0; t < d; t++) sum += directions[ids[a] * d + t] * directions[ids[b] * d + t];
    }
  }
  return (2 * sum) / (ids.length * (ids.length - 1));
}

/** Rows of E at length one, less their mean, at length one again. */
function centredDirections({ data, rows, columns }) {
  const out = Float64Array.from(data);
  const mean = new Float64Array(columns);
  const normalise = (row) => {
    const own = out.subarray(row * columns, (row + 1) * columns);
    const length = Math.hypot(...own) || 1;
    for (let t = 0; t < columns; t++) own[t] /= length;
    return own;
  };
  for (let row = 0; row < rows; row++) {
    const own = normalise(row);
    for (let t = 0; t < columns; t++) mean[t] += own[t] / rows;
  }
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < columns; t++) out[row * columns + t] -= mean[t];
    normalise(row);
  }
  return out;
}
