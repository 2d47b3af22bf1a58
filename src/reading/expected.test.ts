import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { chanceNotes } from './chance-in-words.ts';
import { unitsOf } from './expected.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';

const engine = referenceEngine();
const model = tinyModel({ layers: 3, neurons: 5 });

describe('the number of false finds among all units', () => {
  it('counts neurons of all layers and experts, and heads', () => {
    expect(unitsOf(model, 'key')).toBe(15);
    expect(unitsOf(model, 'qk')).toBe(3 * model.dimensions.heads);
    expect(unitsOf(tinyModel({ layers: 3, neurons: 5, experts: 4 }), 'value')).toBe(60);
  });

  it('counts heads where layers have more, fewer or none', () => {
    const uneven = tinyModel({ layers: 3, heads: 4 });
    const parameters = new Map(uneven.parameters);
    const q = parameters.get('layer.1.attn.q')!;
    parameters.set('layer.1.attn.q', { ...q, shape: [2, ...q.shape.slice(1)] });
    for (const part of ['q', 'k', 'v', 'o']) parameters.delete(`layer.2.attn.${part}`);
    expect(unitsOf({ ...uneven, parameters }, 'vo')).toBe(6);
  });

  it('is the p of random directions or heads times their number, in every answer that says what chance gives', async () => {
    const { parts } = await readNeuron(model, 1, 2, { engine, k: 3, bottom: 3, chance: true });
    for (const { chance } of Object.values(parts)) {
      expect(chance!.units).toBe(15);
      expect(chance!.top!.expected).toBe(chance!.top!.random!.p * 15);
      expect(chance!.bottom!.expected).toBe(chance!.bottom!.random!.p * 15);
    }
    const { qk } = await readHead(model, 1, 0, { engine, matrices: ['qk'], k: 3, chance: true });
    expect(qk!.chance!.top!.expected).toBe(qk!.chance!.top!.random!.p * qk!.chance!.units!);
    expect((await readNeuron(model, 1, 2, { engine, k: 3 })).parts.key!.chance).toBeUndefined();
  });

  it('is said in one plain sentence', () => {
    const of = (expected: number, units = 9216) => ({ chance: { units, top: { value: 1, expected } } });
    expect(
      chanceNotes(
        [
          ['key', of(62.6)],
          ['up', of(9126.4)],
          ['value', of(0.001)],
        ],
        'neurons',
      ),
    ).toEqual([
      'By chance alone, about 63 of this model’s 9,216 neurons would have as small a p for key and fewer than 0.01 for value; up does not stand out.',
    ]);
    expect(chanceNotes([['QK', of(0.1402, 54)]], 'heads')).toEqual([
      'By chance alone, about 0.14 of this model’s 54 heads would have as small a p for QK.',
    ]);
    expect(chanceNotes([['key', {}]], 'neurons')).toEqual([]);
    const common = [of(9180), of(4609)];
    expect(chanceNotes([['key', common[0]!]], 'neurons')).toEqual(['Nothing here stands out from chance.']);
    expect(
      chanceNotes(
        [
          ['key', common[0]!],
          ['up', of(4608)],
          ['value', common[1]!],
        ],
        'neurons',
      ),
    ).toEqual([
      'By chance alone, about 4,608 of this model’s 9,216 neurons would have as small a p for up; key and value do not stand out.',
    ]);
  });

  it('names a lowest score that stands out, listed or not, and what a negative up does', () => {
    const beside = (p: number) => ({ mean: 0, sd: 1, z: 1.5, p });
    const ends = (top: number, bottom: number, units = 100) => ({
      units,
      top: { value: 1, label: '·Mel', random: beside(top), expected: top * units },
      bottom: { value: -2, label: '·dog', random: beside(bottom), expected: bottom * units },
    });
    const lists = (chance: ReturnType<typeof ends>, bottom: object[] = []) =>
      chanceNotes(
        [
          ['key', { chance: ends(0.01, 0.5), bottom }],
          ['up', { chance, bottom }],
        ],
        'neurons',
      );
    expect(lists(ends(0.99, 0.001))).toEqual([
      'First scores against chance: key z 1.5 p 0.010, up z 1.5 p 0.99. Lowest: up “·dog” z 1.5 p 0.0010. ' +
        'Where the text points towards “·dog”, up is negative, and the neuron writes the other way round.',
      'By chance alone, about 1 of this model’s 100 neurons would have as small a p for key and about 0.1 for up’s lowest.',
    ]);
    // Neither as seldom as that nor more seldom than the first.
    for (const [top, bottom] of [
      [0.9, 0.2],
      [0.001, 0.01],
    ] as const)
      expect(lists(ends(top, bottom)).join(' ')).not.toMatch(/lowest|negative/i);
    expect(lists(ends(0.001, 0.01), [{}])[0]).toMatch(/Lowest: key z 1\.5 p 0\.50, up z 1\.5 p 0\.010\.$/);
  });
});
