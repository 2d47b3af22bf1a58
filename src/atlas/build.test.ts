import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { headCopying } from '../reading/statistics/copying.ts';
import { neuronStatistics } from '../reading/statistics/neurons.ts';
import { headSelf } from '../reading/statistics/self.ts';
import { headSpectrum } from '../reading/statistics/spectrum.ts';
import { type Atlas, buildAtlas, folderStore, openAtlas } from './atlas.node.ts';
import { MANIFEST } from './manifest.ts';
import { ATLAS_PARTS } from './schema.ts';

/** So slow a machine that every unit is a few vectors or one head. */
const SLOW = { means: 1e4, rows: 1e4, factors: 1e4, pairs: 1e4 };
const OPTIONS = { top: 7, pairs: 20, columns: 4, rates: SLOW, what: ATLAS_PARTS };
const engine = referenceEngine();
const words = Array.from({ length: 30 }, (_, i) => ` w${i}`);

describe.each([
  ['gated', { words }],
  ['with experts', { experts: 2, words }],
  ['not gated, with equal scores, without a tokenizer', { gated: false, coarse: true }],
])('an atlas of a tiny model %s', (_, sizes) => {
  const model = tinyModel(sizes);
  let dir: string;
  let atlas: Atlas;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'atlas-'));
    await buildAtlas(model, dir, { ...OPTIONS, engine });
    atlas = await openAtlas(dir);
  });
  afterAll(async () => {
    atlas.close();
    await rm(dir, { recursive: true });
  });

  const experts = model.dimensions.experts || 1;

  it('leaves the files of its manifest only, those of heads joined', async () => {
    const { files } = atlas.manifest;
    const names = (await folderStore(dir).list('')).map(({ name }) => name);
    expect(names).toEqual([...files.map(({ name }) => name), MANIFEST].sort());
    expect(files.filter(({ table }) => table === 'head_pairs').length).toBeGreaterThan(4);
    for (const table of ['heads', 'head_singular_values', 'head_direction_tokens', 'head_compositions'])
      expect(files.filter((file) => file.table === table)).toHaveLength(1);
  });

  it('lists for every neuron what its reading lists', async () => {
    const { layers, neurons, gated } = model.dimensions;
    for (let layer = 0; layer < layers; layer++) {
      for (let expert = 0; expert < experts; expert++) {
        for (let neuron = 0; neuron < neurons; neuron++) {
          const which = model.dimensions.experts > 0 ? { expert } : {};
          const reading = await readNeuron(model, layer, neuron, { k: 7, bottom: 7, engine, ...which });
          for (const part of gated ? (['key', 'up', 'value'] as const) : (['key', 'value'] as const)) {
            for (const [sign, list] of [
              ['+', reading.parts[part]!.top],
              ['-', reading.parts[part]!.bottom],
            ] as const) {
              const rows = await atlas.sql(
                `SELECT rank, token, score FROM neuron_tokens WHERE layer = ${layer} AND expert = ${expert}
                 AND neuron = ${neuron} AND part = '${part}' AND sign = '${sign}' ORDER BY rank`,
              );
              expect(rows).toEqual(list.map(({ id, score }, i) => ({ rank: i + 1, token: id, score })));
            }
          }
        }
      }
    }
  });

  it('lists for every head what its reading lists', async () => {
    const { layers, heads } = model.dimensions;
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        for (const [sign, ascending] of [
          ['+', false],
          ['-', true],
        ] as const) {
          const reading = await readHead(model, layer, head, { k: 20, ascending, engine });
          for (const matrix of ['vo', 'qk'] as const) {
            const rows = await atlas.sql(
              `SELECT first, second, score FROM head_pairs WHERE layer = ${layer} AND head = ${head}
               AND matrix = '${matrix}' AND sign = '${sign}' ORDER BY rank`,
            );
            const pairs = reading[matrix]!.pairs;
            expect(rows).toEqual(pairs.map((p) => ({ first: p.first.id, second: p.second.id, score: p.score })));
          }
        }
      }
    }
  });

  it("lists each token's best neurons from all scores", async () => {
    const { vocab, layers, neurons } = model.dimensions;
    const all = { k: vocab, bottom: 0, engine };
    const scores: { layer: number; expert: number; neuron: number; score: number[] }[] = [];
    for (let layer = 0; layer < layers; layer++) {
      for (let expert = 0; expert < experts; expert++) {
        for (let neuron = 0; neuron < neurons; neuron++) {
          const which = model.dimensions.experts > 0 ? { expert } : {};
          const reading = await readNeuron(model, layer, neuron, { ...all, parts: ['value'], ...which });
          const score: number[] = [];
          for (const token of reading.parts.value!.top) score[token.id] = token.score;
          scores.push({ layer, expert, neuron, score });
        }
      }
    }
    for (let token = 0; token < vocab; token++) {
      for (const [sign, direction] of [
        ['+', -1],
        ['-', 1],
      ] as const) {
        const best = [...scores].sort((a, b) => direction * (a.score[token] - b.score[token])).slice(0, 4);
        const rows = await atlas.sql(
          `SELECT layer, expert, neuron, score FROM token_neurons
           WHERE token = ${token} AND part = 'value' AND sign = '${sign}' ORDER BY rank`,
        );
        expect(rows).toEqual(best.map(({ score, ...place }) => ({ ...place, score: score[token] })));
      }
    }
  });

  it("lists each token's best heads by their diagonals, with the token's place among their pairs", async () => {
    const { vocab, layers, heads } = model.dimensions;
    const found: { layer: number; head: number; diagonal: number[]; place: number[] }[] = [];
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        const { pairs } = (await readHead(model, layer, head, { k: vocab * vocab, matrices: ['vo'], engine })).vo!;
        const diagonal: number[] = [];
        const place: number[] = [];
        for (const [i, { first, second, score }] of pairs.entries()) {
          if (first.id === second.id) diagonal[first.id] = score;
          if (i < 20) for (const { id } of [first, second]) place[id] ??= i + 1;
        }
        found.push({ layer, head, diagonal, place });
      }
    }
    for (let token = 0; token < vocab; token++) {
      const best = [...found].sort((a, b) => b.diagonal[token] - a.diagonal[token]).slice(0, 4);
      const rows = await atlas.sql(
        `SELECT layer, head, score, pair_rank FROM token_heads
         WHERE token = ${token} AND matrix = 'vo' AND sign = '+' ORDER BY rank`,
      );
      expect(rows).toEqual(
        best.map(({ layer, head, diagonal, place }) => ({
          layer,
          head,
          score: diagonal[token],
          pair_rank: place[token] ?? null,
        })),
      );
    }
  });

  it('has the statistics that the functions give', async () => {
    const { layers, heads, gated } = model.dimensions;
    for (let layer = 0; layer < layers; layer++) {
      for (let expert = 0; expert < experts; expert++) {
        const which = model.dimensions.experts > 0 ? { expert } : {};
        const { keyValue, upValue, parts } = await neuronStatistics(model, layer, { ...which, engine });
        const rows = await atlas.sql(
          `SELECT * FROM neuron_stats WHERE layer = ${layer} AND expert = ${expert} ORDER BY neuron`,
        );
        expect(rows.map((row) => row.key_value_cosine)).toEqual([...keyValue.value]);
        expect(rows.map((row) => row.up_value_cosine_z)).toEqual(rows.map((_, i) => upValue?.z[i] ?? null));
        expect(rows.map((row) => row.kurtosis)).toEqual([...parts.value!.moments!.kurtosis]);
        for (const { neuron, key_value_jaccard } of rows) {
          const { key, value } = (await readNeuron(model, layer, neuron as number, { k: 7, engine, ...which })).parts;
          const shared = key!.top.filter(({ id }) => value!.top.some((token) => token.id === id)).length;
          expect(key_value_jaccard).toBeCloseTo(shared / (14 - shared), 12);
        }
      }
      for (const matrix of ['vo', 'qk'] as const) {
        const copying = await headCopying(model, layer, matrix, { engine });
        const rows = await atlas.sql(
          `SELECT * FROM head_stats WHERE layer = ${layer} AND matrix = '${matrix}' ORDER BY head`,
        );
        expect(rows.map((row) => row.copying)).toEqual(copying.map(({ score }) => score.value));
        const self = await headSelf(model, layer, matrix, { engine });
        expect(rows.map((row) => row.self_top5)).toEqual(self.map(({ top5 }) => top5.value));
        expect(rows.map((row) => row.self_bottom1_z)).toEqual(self.map(({ bottom1 }) => bottom1.random!.z));
        for (let head = 0; head < heads; head++) {
          const { values, fit } = await headSpectrum(model, layer, head, matrix);
          const listed = await atlas.sql(
            `SELECT value FROM head_singular_values WHERE layer = ${layer} AND head = ${head} AND matrix = '${matrix}' ORDER BY index`,
          );
          expect(listed.map(({ value }) => value)).toEqual(values.slice(0, listed.length));
          expect(rows[head]).toMatchObject({ fit: fit.value, fit_z: fit.random!.z });
        }
      }
    }
    const [first] = await atlas.neurons({ sort: 'kurtosis', k: 1 });
    expect(await atlas.sql('SELECT max(kurtosis) AS value FROM neuron_stats')).toEqual([{ value: first.value }]);
    const [best] = await atlas.heads({ sort: 'copying', k: 1 });
    expect(await atlas.sql('SELECT max(copying) AS value FROM head_stats')).toEqual([{ value: best.value }]);
    await expect(atlas.neurons({ sort: gated ? '1; SELECT 2' : 'label' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });
});
