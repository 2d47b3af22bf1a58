// node bench/fold-norm.mjs MODEL [HEADS]: how many of a head's 100 best pairs, and of a neuron's 20 best tokens, are
// the same with the norm's gain folded in and without, over HEADS heads and neurons drawn with seed 1 (default: all
// heads). Built from dist/. One line per head; then quantiles. docs/readings.md has the figures; fold-norm.py computes
// one head with numpy alone.
import { openModel, readHead, readNeuron } from '../dist/node.js';

const [path, wanted = 'all'] = process.argv.slice(2);
const model = await openModel(path);
const { layers, heads, neurons } = model.dimensions;
const K = 100;

const random = seeded(1);
const places = Array.from({ length: layers * heads }, (_, i) => [Math.floor(i / heads), i % heads]);
shuffle(places);
const chosen = wanted === 'all' ? places : places.slice(0, Number(wanted));

const shares = { vo: [], qk: [], key: [], up: [] };
for (const [layer, head] of chosen) {
  const [plain, folded] = await both((foldNorm) => readHead(model, layer, head, { k: K, foldNorm }));
  for (const matrix of ['vo', 'qk']) shares[matrix].push(common(pairs(plain[matrix]), pairs(folded[matrix])));
  console.log(`${layer}:${head}  vo ${shares.vo.at(-1)}  qk ${shares.qk.at(-1)}`);
}
for (const part of ['key', 'up'].filter((name) => name !== 'up' || model.dimensions.gated)) {
  for (let i = 0; i < chosen.length; i++) {
    const [layer, neuron] = [Math.floor(random() * layers), Math.floor(random() * neurons)];
    const [plain, folded] = await both((foldNorm) =>
      readNeuron(model, layer, neuron, { k: 20, parts: [part], foldNorm }),
    );
    shares[part].push(common(ids(plain.parts[part].top), ids(folded.parts[part].top)));
  }
}
for (const [name, found] of Object.entries(shares)) {
  if (found.length === 0) continue;
  const sorted = found.toSorted((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))];
  const of = name.length === 2 && name !== 'up' ? K : 20;
  console.log(
    `${name}: of ${of}, n = ${sorted.length}: least ${at(0)}, quartiles ${at(0.25)} ${at(0.5)} ${at(0.75)}, most ${at(1)}`,
  );
}
await model.close();

async function both(read) {
  return [await read(false), await read(true)];
}

function ids(tokens) {
  return tokens.map(({ id }) => id);
}

function pairs({ pairs }) {
  return pairs.map(({ first, second }) => `${first.id} ${second.id}`);
}

function common(one, other) {
  const known = new Set(one);
  return other.filter((name) => known.has(name)).length;
}

/** mulberry32. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}
