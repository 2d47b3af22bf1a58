import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import type { Dimensions } from '../model/types.ts';
import { openModel } from '../node.ts';
import { similarNeurons } from './neuron-vectors.ts';
import { readNeuron } from './neurons.ts';
import { expertOf, parameter, readVectors } from './parameters.ts';
import type { ScoredToken } from './types.ts';
import { readVector } from './vectors.ts';

const engine = referenceEngine();
const plain = (tokens: ScoredToken[] | undefined) => tokens?.map(({ id, score }) => ({ id, score }));

describe('readNeuron', () => {
  it('equals all scores, sorted, for every combination of options', async () => {
    const words = ['a', 'b', 'c', 'd', ' a', ' b', 'e', 'f', 'g'];
    const models = [1, 2, 3].map((seed) => tinyModel({ seed, words, coarse: seed === 3 }));
    const options = fc.record({
      model: fc.constantFrom(...models),
      layer: fc.nat(1),
      neuron: fc.nat(5),
      part: fc.constantFrom('key', 'up', 'value'),
      normalize: fc.constantFrom('freq', 'none', 'cosine'),
      foldNorm: fc.boolean(),
      embedding: fc.constantFrom('embed', 'unembed', 'own'),
      k: fc.constantFrom(0, 3, 100),
      bottom: fc.constantFrom(0, 2, 100),
      onlyFrom: fc.option(fc.constant<string[]>(['a', 'c', 'g']), { nil: undefined }),
    });
    const property = fc.asyncProperty(options, async ({ model, layer, neuron, part, onlyFrom, ...rest }) => {
      const how = rest as brute.How;
      const kind = `ff.${part}` as brute.Kind;
      const kept = (id: number) => !onlyFrom || onlyFrom.includes(model.vocabulary!.normal(id));
      const scores = brute
        .tokenScores(model, brute.vectors(model, layer, kind, how)[neuron], kind, how)
        .flatMap((score, id) => (kept(id) ? [{ id, score }] : []));
      const given = { engine, ...rest, ...how, parts: [part as 'key'], filters: { onlyFrom } };
      const { parts } = await readNeuron(model, layer, neuron, given);
      expect(Object.keys(parts)).toEqual([part]);
      const read = parts[part as 'key'];
      expect(plain(read?.top)).toEqual([...scores].sort((a, b) => b.score - a.score || a.id - b.id).slice(0, rest.k));
      expect(plain(read?.bottom)).toEqual(
        [...scores].sort((a, b) => a.score - b.score || a.id - b.id).slice(0, rest.bottom),
      );
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('reads E and the neuron’s own rows, no more, where no normaliser is to be made', async () => {
    const model = tinyModel();
    await readNeuron(model, 1, 4, { engine, normalize: 'cosine' });
    await readNeuron(model, 1, 5, { engine, normalize: 'none' });
    const rows = ['key', 'up', 'value'].map((part) => [`layer.1.ff.${part}`, 2] as const);
    // Of the other table as much as tells whether it differs.
    expect(model.reads).toEqual(new Map([...rows, ['unembed', 30], ['embed', 30]]));
  });

  it('has no up part without gates, and takes an expert where there are experts', async () => {
    const dense = tinyModel({ gated: false });
    expect(Object.keys((await readNeuron(dense, 0, 0, { engine })).parts)).toEqual(['key', 'value']);
    await expect(readNeuron(dense, 0, 0, { engine, parts: ['up'] })).rejects.toThrow('no gated MLPs');
    await expect(readNeuron(dense, 0, 0, { engine, expert: 0 })).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    const mixed = tinyModel({ experts: 2 });
    const read = await readNeuron(mixed, 1, 3, { engine, expert: 1, parts: ['value'], normalize: 'none', k: 30 });
    const scores = brute.tokenScores(mixed, brute.vectors(mixed, 1, 'ff.value')[6 + 3], 'ff.value', {
      normalize: 'none',
    });
    expect(plain(read.parts.value?.top)?.[0].score).toBe(Math.max(...scores));
    await expect(readNeuron(mixed, 0, 0, { engine, expert: 2 })).rejects.toThrow(
      'Expected `expert` to be 0..1, got 2.',
    );
  });

  it('ranks extra values along with the tokens, after tokens of the same score', async () => {
    const model = tinyModel({ words: ['a'] });
    const without = await readNeuron(model, 0, 0, { engine, parts: ['key'], k: 3, bottom: 1 });
    const best = without.parts.key!.top[0].score;
    const extraValues = [-100, best, 100];
    const { parts } = await readNeuron(model, 0, 0, { engine, parts: ['key'], k: 3, bottom: 1, extraValues });
    expect(parts.key?.top.map(({ id, label }) => [id, label])).toEqual([
      [32, '[val2]'],
      [without.parts.key!.top[0].id, without.parts.key!.top[0].label],
      [31, '[val1]'],
    ]);
    expect(parts.key?.bottom).toEqual([{ id: 30, token: '[val0]', label: '[val0]', score: -100 }]);
  });

  it('refuses what is out of range', async () => {
    const model = tinyModel();
    await expect(readNeuron(model, 0, 6, { engine })).rejects.toThrow('Expected `neuron` to be 0..5, got 6.');
    await expect(readNeuron(model, -1, 0, { engine })).rejects.toThrow('Expected `layer` to be 0..1, got -1.');
    await expect(readNeuron(model, 0, 0, { engine, k: 1.5 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('the norm before experts', () => {
  it.each([
    ['ff.1.key', 'norm.ff'],
    ['ff.shared.key', 'norm.ff_shared'],
  ])('is folded into %s as %s, where what all tokens share has one of its own (Gemma 4)', async (own, norm) => {
    const model = await openModel('test/fixtures/architectures/gemma4_experts');
    const source = parameter(model, `layer.0.${own}`);
    const gain = await parameter(model, `layer.0.${norm}`).read(0, 1);
    const plain = await source.read(0, source.count);
    const folded = await readVectors(model, { layer: 0, kind: 'ff.key', source }, { foldNorm: true });
    expect(folded.data).toEqual(plain.map((value, i) => Math.fround(value * gain[i % gain.length])));
  });
});

describe('the expert that all tokens share', () => {
  it('is no expert where there are no others (Granite 4 without experts)', () => {
    const of = (experts: number) => expertOf({ dimensions: { experts } as Dimensions }, 'layer.0.ff.shared.key');
    expect([of(0), of(1), of(64)]).toEqual([undefined, 1, 64]);
  });

  it('is read as the one after the others, and found beside them', async () => {
    const model = await openModel('test/fixtures/architectures/deepseek_v3');
    const { experts } = model.dimensions;
    const { parts, expert } = await readNeuron(model, 1, 3, { engine, expert: experts, k: 5, normalize: 'none' });
    expect(expert).toBe(experts);
    for (const [part, { top }] of Object.entries(parts)) {
      const alone = await readVector(model, `layer.1.ff.shared.${part}[3]`, { engine, k: 5, normalize: 'none' });
      expect(plain(top)).toEqual(plain(alone.top));
    }
    const all = await similarNeurons(model, 1, 0, { engine, k: 1000 });
    expect(all.filter((one) => one.layer === 1 && one.expert === experts).length).toBe(
      parameter(model, 'layer.1.ff.shared.value').count,
    );
    await expect(readNeuron(model, 1, 3, { engine, expert: experts + 1 })).rejects.toThrow(`0..${experts}`);
    await expect(
      readNeuron(await openModel('test/fixtures/architectures/mixtral'), 1, 3, { expert: 3 }),
    ).rejects.toThrow('0..2');
  });
});
