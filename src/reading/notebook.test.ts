import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readNotebook } from './notebook.ts';
import { checkNotebook, type Printed } from './notebook-check.ts';

const engine = referenceEngine();
const words = Array.from({ length: 40 }, (_, i) => `${i % 3 ? ' ' : ''}word${i}`);
/** The sizes of gpt2-medium, with far less behind them. */
const pretended = () => {
  const model = tinyModel({
    layers: 24,
    heads: 16,
    kvHeads: 16,
    headDim: 1,
    neurons: 171,
    gated: false,
    vocab: 40,
    words,
  });
  return { ...model, modelType: 'gpt2', dimensions: { ...model.dimensions, hidden: 1024, vocab: 50257 } };
};

describe('readNotebook', () => {
  it('shows keys and values, and pairs above the 1,000th score', async () => {
    const model = tinyModel({ layers: 4, vocab: 40, words });
    const { neurons, heads, ...rest } = await readNotebook(model, {
      engine,
      ff: [
        [1, 2],
        [3, 0],
      ],
      heads: [[2, 3]],
    });
    expect(rest).toEqual({ model: 'tiny', compat: false });
    expect(neurons.map(({ layer, neuron, parts }) => [layer, neuron, Object.keys(parts)])).toEqual([
      [1, 2, ['key', 'value']],
      [3, 0, ['key', 'value']],
    ]);
    expect(neurons[0].parts.key?.top).toHaveLength(40);
    for (const matrix of ['vo', 'qk'] as const) {
      const scores = brute
        .interaction(model, 2, 3, matrix)
        .flat()
        .sort((a, b) => b - a);
      expect(heads[0][matrix]).toMatchObject({ above: scores[999], count: 999 });
      expect(heads[0][matrix]?.pairs.map(({ score }) => score)).toEqual(scores.slice(0, 100));
    }
  });

  it('takes the notebook’s place in another model where none is given', async () => {
    const { neurons, heads } = await readNotebook(tinyModel({ layers: 12, neurons: 200, heads: 6, kvHeads: 6 }), {
      engine,
    });
    expect([neurons[0].layer, neurons[0].neuron, heads[0].layer, heads[0].head]).toEqual([9, 170, 11, 3]);
  });

  it('repeats under compat that VO is ordered by QK, ascending, in the notebook’s labels', async () => {
    const model = tinyModel({ vocab: 40, words });
    const options = { engine, compat: true, ff: [], heads: [[1, 1]], voAbove: 0.5, qkAbove: 1, pairs: 20 } as const;
    const { vo, qk, applied } = (await readNotebook(model, options)).heads[0];
    expect(applied.filters).toEqual(['compat']);
    const [ownVo, ownQk] = [brute.interaction(model, 1, 1, 'vo'), brute.interaction(model, 1, 1, 'qk')];
    const wanted = brute.select(model, ownVo, ownQk, { k: 20, above: 0.5, byOther: true, ascending: true });
    expect(vo?.pairs.map((pair) => [pair.first.id, pair.second.id, pair.score, pair.other])).toEqual(wanted.listed);
    expect(qk?.pairs.map(({ score }) => score)).toEqual(
      brute.select(model, ownQk, ownVo, { k: 20, above: 1 }).listed.map(([, , score]) => score),
    );
  });

  it('takes the notebook’s neuron, head and thresholds for gpt2-medium', async () => {
    const { neurons, heads } = await readNotebook(pretended(), { engine });
    expect([neurons[0].layer, neurons[0].neuron, heads[0].layer, heads[0].head]).toEqual([19, 170, 23, 9]);
    expect([heads[0].vo?.above, heads[0].qk?.above]).toEqual([200, 20]);
  });
});

describe('checkNotebook', () => {
  it('compares tokens in order and counts, and says what was found', async () => {
    const model = pretended();
    const checks = await checkNotebook(model, { engine });
    expect(checks.map(({ agrees }) => agrees)).toEqual([false, false, false, false]);
    expect(checks[0].expected).toBe('anywhere, everywhere, guidance, locally, bombs, wherever');
    expect(checks[1].found.split(', ')).toHaveLength(7);
    const count = brute
      .interaction(model, 23, 9, 'qk')
      .flat()
      .filter((score) => score > 20).length;
    expect(checks[3]).toEqual({
      what: 'Head 23:9, QK pairs above 20',
      expected: '29769',
      found: `${count}`,
      agrees: false,
    });
  });

  it('agrees with the same figures computed by themselves, and with no others', async () => {
    const model = pretended();
    const tokens = (part: 'key' | 'value') => {
      const kind = `ff.${part}` as const;
      const scores = brute.tokenScores(model, brute.vectors(model, 19, kind)[170], kind);
      const ids = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
      return ids.slice(0, 6).map((id) => model.vocabulary!.label(id, 'notebook'));
    };
    const count = (matrix: 'vo' | 'qk') =>
      brute
        .interaction(model, 23, 9, matrix)
        .flat()
        .filter((score) => score > 1).length;
    const printed: Printed = {
      ff: [19, 170],
      key: tokens('key'),
      value: tokens('value'),
      head: [23, 9],
      vo: { above: 1, count: count('vo') + 2 },
      qk: { above: 1, count: count('qk') - 2 },
    };
    const agreeing = async (change: Partial<Printed>) =>
      (await checkNotebook(model, { engine }, { ...printed, ...change })).map(({ agrees }) => agrees);
    expect(await agreeing({})).toEqual([true, true, true, true]);
    expect(await agreeing({ key: [...printed.key].reverse() })).toEqual([false, true, true, true]);
    expect(await agreeing({ vo: { above: 1, count: count('vo') - 3 } })).toEqual([true, true, false, true]);
  });

  it('refuses other models', async () => {
    await expect(checkNotebook(tinyModel())).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
