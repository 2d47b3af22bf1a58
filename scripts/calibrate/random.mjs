// p-values of every statistic of random heads and neurons.

import { RELATIONS } from '../../dist/reading/relations/relations.js';
import { compositions } from '../../dist/reading/statistics/composition.js';
import { headCopying } from '../../dist/reading/statistics/copying.js';
import { neuronStatistics } from '../../dist/reading/statistics/neurons.js';
import { listOverlap } from '../../dist/reading/statistics/overlap.js';
import { relationP, relationScores } from '../../dist/reading/statistics/relations.js';
import { headSelf } from '../../dist/reading/statistics/self.js';
import { allSpanScores, headSpectrum } from '../../dist/reading/statistics/spectrum.js';
import { normalTail, poissonTail, spanNull, spanTail } from '../../dist/reading/statistics/tails.js';
import { randomHeads, randomNeurons, shuffledVocabulary } from './models.mjs';

export const ALPHAS = [0.05, 0.01, 0.001];
/** No p is given against random heads: how far one would err who reads z as a normal number. */
const Z_AS_NORMAL = 'random, z read as normal';
/**
 * A share is wrong when chance gives as large a one (or, where p is continuous, as small a one) once in so many tables.
 */
const WRONG = 1e-4;

/**
 * `counts`: of few values, so that p may be conservative. `drawn`: the size of the sample that its null is drawn from.
 * `z` is what was said before there was a p.
 */
class Rows {
  #rows = new Map();

  add(statistic, against, of, p, { counts = false, drawn = Number.POSITIVE_INFINITY, independent, z } = {}) {
    if (p === undefined) return;
    const key = `${statistic} ${against} ${of}`;
    const row = this.#rows.get(key) ?? { statistic, against, of, p: [], z: [], counts, drawn, independent };
    this.#rows.set(key, row);
    row.p.push(p);
    row.z.push(z);
  }

  /** The p below which no more of these heads fall than have |z| > `least`: rules that err alike can be compared. */
  alike(statistic, against, of, least) {
    const { p, z } = this.#rows.get(`${statistic} ${against} ${of}`);
    const alarms = z.filter((z) => Math.abs(z) > least).length;
    return p.toSorted((a, b) => a - b)[alarms];
  }

  list() {
    return [...this.#rows.values()].map(({ p, z: _, counts, drawn, independent, ...row }) => {
      const count = p.length;
      const shares = ALPHAS.map((alpha) => p.filter((x) => x < alpha).length / count);
      const off = ALPHAS.flatMap((alpha, i) => {
        // Pairs of the same heads are not independent of each other: as many count as there are heads.
        const n = 1 / (1 / Math.min(independent ?? count, count) + 1 / drawn);
        const z = (shares[i] - alpha) / Math.sqrt((alpha * (1 - alpha)) / n);
        // Few events are Poisson's, not normal.
        const few = alpha * n < 30;
        const tail = few && z > 0 ? poissonTail(Math.round(shares[i] * n), alpha * n) : normalTail(Math.abs(z));
        const wrong = tail < WRONG && (z > 0 || !counts);
        return wrong ? [`${shares[i].toPrecision(2)} below ${alpha}, ${z.toFixed(1)} deviations`] : [];
      });
      return { ...row, count, shares, wrong: off.join('; ') };
    });
  }
}

/**
 * `plain`: only what planted structure is compared with, neurons and plain heads against random ones. `ownPlaces`:
 * only own places of `perLayer` plain heads in each of four layers, and of a quarter as many with trained spectra.
 */
export async function calibration(
  model,
  engine,
  { short, plain, ownPlaces, seed = 1, heads: perLayer = ownPlaces ? 100 : 50, neurons: count, progress },
) {
  const rows = new Rows();
  if (ownPlaces) {
    for (const spectra of plain ? [false] : [false, true]) {
      const of = spectra ? 'heads, spectra' : 'heads, plain';
      const sizes = short ? { layers: 2, heads: 6 } : { layers: 4, heads: Math.ceil(perLayer / (spectra ? 4 : 1)) };
      const random = await randomHeads(model, { ...sizes, seed: 2 * seed - (spectra ? 0 : 1), spectra });
      for (let layer = 0; layer < sizes.layers; layer++) {
        for (const matrix of ['vo', 'qk'])
          await ownPlacesOf(rows, random, layer, matrix, of, 'random', { engine, to: sizes.heads });
        progress(`own places of ${of}: layer ${layer}`);
      }
    }
    return rows;
  }
  await neurons(rows, model, engine, count ?? (short ? 1000 : 20_000), seed, progress);
  for (const spectra of plain ? [false] : [false, true]) {
    const of = spectra ? 'heads, spectra' : 'heads, plain';
    const sizes = short ? { layers: 2, heads: 6 } : { layers: 4, heads: perLayer };
    const random = await randomHeads(model, { ...sizes, seed: 2 * seed - (spectra ? 0 : 1), spectra });
    await ofHeads(rows, random, engine, of, 'random', sizes, progress);
    if (plain) continue;
    await ofPairs(rows, random, engine, of, sizes, progress);
    const shuffled = await shuffledVocabulary(random, 77);
    await ofHeads(rows, shuffled, engine, of, 'shuffled', short ? { layers: 1, heads: 6 } : sizes, progress);
  }
  return rows;
}

async function neurons(rows, model, engine, count, seed, progress) {
  const random = randomNeurons(model, count, seed);
  const found = await neuronStatistics(random, 0, { engine });
  const { key, value } = await lists(random, engine);
  const overlap = listOverlap(key, value, model.dimensions.vocab);
  const of = 'neurons';
  const drawn = { drawn: 4096 };
  for (let i = 0; i < count; i++) {
    rows.add('cosine of key and value', 'random', of, found.keyValue.p[i], { z: found.keyValue.z[i] });
    if (found.upValue) rows.add('cosine of up and value', 'random', of, found.upValue.p[i]);
    for (const moment of ['mean', 'sd', 'skew', 'kurtosis', 'min', 'max'])
      rows.add(moment, 'random', of, found.parts.value.p[moment][i], drawn);
    rows.add('Jaccard index', 'others', of, overlap.pOthers[i], { counts: true });
  }
  // Against a shuffled vocabulary a key's list meets one of tokens drawn at random.
  const draws = shuffledLists(value, model.dimensions.vocab);
  const mixed = listOverlap(key, draws, model.dimensions.vocab);
  for (const p of mixed.pShuffled) rows.add('Jaccard index', 'shuffled', of, p, { counts: true });
  progress(`${count} neurons`);
}

async function lists(model, engine) {
  const e = model.parameters.get('unembed');
  const E = { data: await e.read(0, e.count), rows: e.count, columns: e.width };
  const of = async (part) => {
    const x = model.parameters.get(`layer.0.ff.${part}`);
    const rows = { data: await x.read(0, x.count), rows: x.count, columns: x.width };
    return (await engine.topRows(rows, E, { k: 50, ends: 'top' })).top;
  };
  return { key: await of('key'), value: await of('value') };
}

function shuffledLists({ k, index, score }, size) {
  const shift = (i) => (Math.imul(i + 1, 2_654_435_761) >>> 0) % size;
  return { k, score, index: index.map((token, at) => (token + shift(Math.floor(at / k))) % size) };
}

async function ofHeads(rows, model, engine, of, against, { layers, heads }, progress) {
  const options = { engine, ...(against === 'shuffled' && { embedding: 'own' }), to: heads };
  for (let layer = 0; layer < layers; layer++) {
    // Only VO reads with one matrix and writes with another, so that its vocabulary can be shuffled on one side.
    for (const matrix of against === 'shuffled' ? ['vo'] : ['vo', 'qk']) {
      for (const { score, diagonal } of await headCopying(model, layer, matrix, options)) {
        rows.add('copying score', against, of, score[against].p, { drawn: 3000, z: score[against].z });
        rows.add('mean of the diagonal', against, of, diagonal[against].p, { z: diagonal[against].z });
      }
      await ownPlacesOf(rows, model, layer, matrix, of, against, options);
      if (against === 'random') {
        for (let head = 0; head < heads; head++) {
          const spectrum = await headSpectrum(model, layer, head, matrix);
          rows.add('fit of the halves', 'random', of, spectrum.fit.random.p);
          rows.add('fit of the halves', 'others', of, spectrum.fit.others.p, {
            drawn: 1000,
            independent: layers * heads,
          });
          if (head === 0) await directions(rows, model, engine, of, spectrum.left);
        }
      }
    }
    for (const found of await relationScores(model, layer, RELATIONS, options)) {
      for (const share of [found.promoted, found.suppressed]) {
        rows.add('relations', against, of, share[against].p, { counts: true, z: share[against].z });
        if (against === 'random') rows.add('relations', 'random and copying', of, relationP(share), { counts: true });
      }
    }
    progress(`${of}, ${against}: layer ${layer}`);
  }
}

async function ownPlacesOf(rows, model, layer, matrix, of, against, options) {
  for (const found of await headSelf(model, layer, matrix, options)) {
    for (const [name, title] of [
      ['top1', 'own place, best'],
      ['top5', 'own place, five best'],
      ['bottom1', 'own place, worst'],
      ['bottom5', 'own place, five worst'],
    ])
      rows.add(title, against, of, found[name][against].p, { counts: true, z: found[name][against].z });
  }
}

/** Tokens in a direction and in a span of four, of a head whose directions are random. */
async function directions(rows, model, engine, of, { data, columns }) {
  const e = model.parameters.get('unembed');
  const E = { data: await e.read(0, e.count), rows: e.count, columns };
  for (const m of [1, 4]) {
    const [scores] = await allSpanScores(E, [{ data: data.subarray(0, m * columns), rows: m, columns }], { engine });
    for (let id = 0; id < E.rows; id += 50) {
      const share = scores[id] / Math.hypot(...E.data.subarray(id * columns, (id + 1) * columns));
      const { mean, sd } = spanNull(m, columns);
      const z = m === 1 ? share * Math.sqrt(columns) : (share ** 2 - mean) / sd;
      // Tokens are alike: a direction that some have, many have.
      rows.add(m === 1 ? 'token of a direction' : 'token of a span', 'random', of, spanTail(z, m, columns), {
        independent: 100,
      });
    }
  }
}

async function ofPairs(rows, model, engine, of, { layers, heads }, progress) {
  for await (const { p, z } of compositions(model, { engine, pairs: (from, to) => to === from + 1 })) {
    for (const [kind, values] of Object.entries(p)) {
      values.forEach((value, i) => {
        rows.add(`${kind.toUpperCase()}-composition`, 'others', of, value, {
          independent: layers * heads * 10,
          drawn: 8000,
        });
        rows.add(`${kind.toUpperCase()}-composition`, Z_AS_NORMAL, of, normalTail(z[kind][i]), {
          independent: layers * heads * 10,
        });
      });
    }
  }
  progress(`${of}: compositions`);
}
