import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAtlas, normalisers, openAtlas } from '../dist/node.js';
import { embedding } from '../dist/reading/embedding.js';

const NEURON_PARTS = ['key', 'up', 'value'];
const HEAD_PARTS = ['q', 'k', 'v', 'o'];
const SETTINGS = { top: 100, columns: 50, pairs: 1000 };

/**
 * P7: an atlas of a tenth of the layers, files and all, against torch doing the same with its best loops and writing
 * nothing: the means of the normalisers, lists of neurons at both ends, best neurons of each token at both ends, best
 * and worst pairs of all heads, diagonals. Normalisers are known to both; the means are of the tenth's own vectors.
 */
export const atlasWorkload = async ({ model, engine, peer, by, rounds, save, compare, check, checkPairs, layers }) => {
  const tenth = layers ?? Array.from({ length: Math.max(1, Math.round(model.dimensions.layers / 10)) }, (_, i) => i);
  const e = await embedding(model);
  const f = await normalisers(model, undefined, { engine });
  const stack = async (name) => {
    const pieces = [];
    for (const layer of tenth) {
      const parameter = model.parameters.get(`layer.${layer}.${name}`);
      if (parameter) pieces.push(await parameter.read(0, parameter.count));
    }
    const data = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      data.set(piece, at);
      at += piece.length;
    }
    return { data, rows: data.length / e.columns, columns: e.columns };
  };
  const vectors = {};
  for (const name of [...NEURON_PARTS.map((part) => `ff.${part}`), ...HEAD_PARTS.map((part) => `attn.${part}`)]) {
    const found = await stack(name);
    if (found.rows > 0) vectors[name] = found;
  }
  const parts = NEURON_PARTS.filter((part) => vectors[`ff.${part}`]);
  const scratch = mkdtempSync(join(tmpdir(), 'bench-atlas-'));
  const build = async (folder) => {
    for (const x of Object.values(vectors)) await engine.columnMeans(x, e);
    return buildAtlas(model, folder, { ...SETTINGS, layers: tenth, what: ['neurons', 'heads'], engine });
  };
  const request = {
    op: 'atlas',
    by,
    e: save(e, 'e'),
    vectors: Object.fromEntries(Object.entries(vectors).map(([name, x]) => [name, save(x, name)])),
    divisors: Object.fromEntries(
      Object.keys(vectors).map((name) => [
        name,
        save({ data: Float32Array.from(f.get(name)), rows: 1, columns: e.rows }, `f-${name}`),
      ]),
    ),
    layers: tenth.length,
    heads: model.dimensions.heads,
    kv_heads: model.dimensions.kvHeads,
    ...SETTINGS,
  };
  try {
    const folder = join(scratch, 'checked');
    await build(folder);
    const expected = await peer.ask({ ...request, result: true });
    const atlas = await openAtlas(folder);
    const listedDots32 = (got, wanted, what) =>
      check(
        got.length === wanted.length && got.every((x, i) => Math.abs(x - wanted[i]) <= 1e-4 * Math.abs(wanted[i])),
        `${what}: ${got.slice(0, 3)} …, torch ${wanted.slice(0, 3)} …`,
      );
    const scores = async (sql) => (await atlas.sql(sql)).map(({ score }) => score);
    for (const part of parts) {
      for (const [sign, end] of [
        ['+', 'top'],
        ['-', 'bottom'],
      ]) {
        for (const [i, values] of expected[part][end].entries())
          listedDots32(
            await scores(
              `SELECT score FROM neuron_tokens WHERE layer = ${tenth[0]} AND neuron = ${i} AND part = '${part}' AND sign = '${sign}' ORDER BY rank`,
            ),
            values,
            `${part} ${i} ${end}`,
          );
        for (const [token, values] of expected[part][`columns_${end}`].entries())
          listedDots32(
            await scores(
              `SELECT score FROM token_neurons WHERE token = ${token} AND part = '${part}' AND sign = '${sign}' ORDER BY rank`,
            ),
            values,
            `token ${token}, ${part} ${end}`,
          );
      }
    }
    for (const [matrix, lists] of Object.entries(expected.pairs)) {
      for (const [sign, { values, index }] of Object.entries(lists)) {
        const rows = await atlas.sql(
          `SELECT first, second, score FROM head_pairs WHERE layer = ${tenth[0]} AND head = 0 AND matrix = '${matrix}' AND sign = '${sign}' ORDER BY rank`,
        );
        const by = sign === '+' ? 1 : -1;
        const got = {
          length: rows.length,
          first: rows.map(({ first }) => first),
          second: rows.map(({ second }) => second),
          score: rows.map(({ score }) => by * score),
        };
        checkPairs(got, { values, index });
      }
    }
    atlas.close();
    let n = 0;
    const row = await compare(
      `atlas of ${tenth.length} of ${model.dimensions.layers} layers`,
      rounds,
      () => build(join(scratch, `${n++}`)),
      () => peer.ask(request),
    );
    const scale = model.dimensions.layers / tenth.length;
    return { ...row, whole_ours_s: Math.round(row.ours_s * scale), whole_peer_s: Math.round(row.peer_s * scale) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
};
