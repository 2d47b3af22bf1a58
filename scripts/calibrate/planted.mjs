// How often what is planted among random numbers is found: by |z| > 3.29, as before there were p-values; by p < 0.001;
// and by p below a bound that no more heads without anything planted fall below than have |z| > 3.29.

import { PLURALS } from '../../dist/reading/relations/relations.js';
import { headCopying } from '../../dist/reading/statistics/copying.js';
import { neuronStatistics } from '../../dist/reading/statistics/neurons.js';
import { gaussian } from '../../dist/reading/statistics/nulls.js';
import { relationScores, tokenRelation } from '../../dist/reading/statistics/relations.js';
import { headSelf } from '../../dist/reading/statistics/self.js';
import { parameterOf, randomHeads, withParameters } from './models.mjs';

const STRENGTHS = [1, 0.5, 0.2, 0.1, 0.05];
const Z = 3.29;
const P = 0.001;

/** `ownPlaces`: only copiers and suppressors by their own places. */
export async function power(model, engine, rows, { short, ownPlaces, progress }) {
  const [heads, strengths] = short ? [6, [1, 0.2]] : [40, STRENGTHS];
  const table = [];
  const add = (what, strength, found, statistic, of = 'heads, plain') => {
    const alike = rows.alike(statistic, 'random', of, Z);
    const shareOf = (test) => found.filter(test).length / found.length;
    table.push({
      what,
      strength,
      count: found.length,
      before: shareOf(({ z }) => Math.abs(z) > Z),
      alike: shareOf(({ p }) => p < alike),
      after: shareOf(({ p }) => p < P),
    });
  };
  for (const [what, sign] of [
    ['copier', 1],
    ['suppressor', -1],
  ]) {
    for (const strength of strengths) {
      const planted = await plantedHeads(model, heads, strength, (v) => v.map((x) => sign * x));
      if (!ownPlaces) {
        const copying = await headCopying(planted, 0, 'vo', { engine });
        add(
          `${what}, by its copying score`,
          strength,
          copying.map(({ score }) => score.random),
          'copying score',
        );
        add(
          `${what}, by its diagonal`,
          strength,
          copying.map(({ diagonal }) => diagonal.random),
          'mean of the diagonal',
        );
      }
      const self = await headSelf(planted, 0, 'vo', { engine });
      add(
        `${what}, by own places`,
        strength,
        self.map((found) => (sign > 0 ? found.top5 : found.bottom5).random),
        sign > 0 ? 'own place, five best' : 'own place, five worst',
      );
    }
    progress(`planted: ${what}`);
  }
  if (ownPlaces) return table;
  const { pairs } = tokenRelation(model.vocabulary, PLURALS);
  const e = model.parameters.get('unembed');
  const rowsOf = async (ids) => Promise.all(ids.map((id) => e.read(id, id + 1)));
  const [firsts, seconds] = [await rowsOf(pairs.map(([s]) => s)), await rowsOf(pairs.map(([, t]) => t))];
  for (const strength of strengths) {
    // W_O writes what a plural has more than its singular, wherever W_V reads one.
    const planted = await plantedHeads(model, heads, strength, (v, r, d) => {
      const data = new Float64Array(r * d);
      for (const [i, s] of firsts.entries())
        for (let a = 0; a < r; a++) {
          let read = 0;
          for (let j = 0; j < d; j++) read += v[a * d + j] * s[j];
          for (let j = 0; j < d; j++) data[a * d + j] += read * (seconds[i][j] - 0.8 * s[j]);
        }
      return data;
    });
    const found = await relationScores(planted, 0, [PLURALS], { engine });
    add(
      'plurals, written for singulars',
      strength,
      found.map(({ promoted }) => promoted.random),
      'relations',
    );
  }
  progress('planted: relations');
  const n = short ? 200 : 2000;
  const { hidden: d } = model.dimensions;
  for (const strength of strengths) {
    const [key, noise, up] = [gaussian(n * d, 1), gaussian(n * d, 2), gaussian(n * d, 3)];
    const value = key.map((x, at) => strength * x + Math.sqrt(1 - strength ** 2) * noise[at]);
    const parts = Object.entries({ key, ...(model.dimensions.gated && { up }), value });
    const given = parts.map(([part, data]) => parameterOf(`layer.0.ff.${part}`, Float32Array.from(data), 1, d));
    const { keyValue } = await neuronStatistics(withParameters(model, 1, given), 0, { engine, moments: [] });
    add(
      'cosine of key and value',
      strength,
      Array.from(keyValue.z, (z, i) => ({ z, p: keyValue.p[i] })),
      'cosine of key and value',
      'neurons',
    );
  }
  return table;
}

/**
 * Random heads in one layer, whose W_O is `strength` of what `make` makes of W_V and for the rest noise of the same
 * norm.
 */
async function plantedHeads(model, heads, strength, make) {
  const { hidden: d, headDim: r } = model.dimensions;
  const planted = await randomHeads(model, { layers: 1, heads, seed: 9, spectra: false });
  const [v, o] = await Promise.all(['v', 'o'].map((part) => planted.parameters.get(`layer.0.attn.${part}`).read()));
  for (let head = 0; head < heads; head++) {
    const [from, to] = [head * r * d, (head + 1) * r * d];
    const made = make(v.subarray(from, to), r, d);
    const by = Math.hypot(...sums(o.subarray(from, to))) / Math.hypot(...sums(made));
    for (let at = 0; at < r * d; at++)
      o[from + at] = strength * by * made[at] + Math.sqrt(1 - strength ** 2) * o[from + at];
  }
  const parameters = new Map([...planted.parameters, ['layer.0.attn.o', parameterOf('layer.0.attn.o', o, heads, d)]]);
  return { ...planted, parameters };
}

/** Lengths of pieces, as a call takes only so many arguments. */
function sums(data) {
  const found = [];
  for (let at = 0; at < data.length; at += 1024) found.push(Math.hypot(...data.subarray(at, at + 1024)));
  return found;
}
