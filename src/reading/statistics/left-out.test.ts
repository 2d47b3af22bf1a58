import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { headCopying } from './copying.ts';
import { readDirections } from './directions.ts';
import { neuronStatistics } from './neurons.ts';
import { rankRelations } from './relations.ts';
import { headSelf } from './self.ts';
import { headSpectrum } from './spectrum.ts';

// What fixtures/left_out.py computed with numpy, by the definitions.
const goldens = JSON.parse(readFileSync(new URL('fixtures/left-out.json', import.meta.url), 'utf8'));

const engine = referenceEngine();
const words = Array.from({ length: 30 }, (_, i) => ` w${i}`);

/** The goldens' weights with rows of E that are not finite. */
function model(value: number) {
  const made = tinyModel({ words });
  for (const [name, numbers] of Object.entries(goldens.weights)) made.arrays.get(name)!.data.set(numbers as number[]);
  for (const [name, rows] of Object.entries(goldens.left_out))
    for (const row of rows as number[]) made.arrays.get(name)!.data[row * 8 + 3] = value;
  return made;
}

describe.each([Number.NaN, Number.POSITIVE_INFINITY])('tokens whose rows of E are not finite (%s)', (value) => {
  for (const embedding of ['unembed', 'own'] as const) {
    it.each(['vo', 'qk'] as const)(
      `are left out of the statistics of heads (${embedding}, %s), as numpy does`,
      async (matrix) => {
        const wanted = goldens.heads[embedding][matrix];
        const options = { engine, embedding, from: goldens.head, to: goldens.head + 1 };
        const [copying] = await headCopying(model(value), 0, matrix, options);
        expect(copying.score.value).toBeCloseTo(wanted.copying, 6);
        expect(copying.diagonal.value).toBeCloseTo(wanted.diagonal, 6);
        const [self] = await headSelf(model(value), 0, matrix, options);
        expect(self).toMatchObject({
          tokens: wanted.tokens,
          top1: { value: wanted.top1 },
          top5: { value: wanted.top5 },
        });
        for (const number of [copying.score.random!.p, copying.score.shuffled!.z, self.top1.random!.z])
          expect(number).not.toBeNaN();
      },
    );
  }

  it('are left out of moments and their nulls, as numpy does, and said', async () => {
    const { parts, notes } = await neuronStatistics(model(value), 0, { engine, draws: 200 });
    for (const [name, wanted] of Object.entries(goldens.moments))
      for (const [i, number] of Array.from(parts.value!.moments![name as 'mean']).entries())
        expect(number, name).toBeCloseTo((wanted as number[])[i], 5);
    expect(Array.from(parts.value!.p!.kurtosis).every((p) => p > 0 && p <= 1)).toBe(true);
    expect(notes).toEqual([expect.stringMatching(/^2 tokens are left out.*5 \(·w5\), 9 \(·w9\)/)]);
  });

  it('are left out of relations and directions, and said', async () => {
    const pairs = [3, 4, 5, 6, 9].map((i): [string, string] => [`w${i}`, `w${i + 10}`]);
    const found = await rankRelations(model(value), [{ name: 'ten more', pairs }], { engine, randomHeads: 4 });
    expect(found.relations[0]).toMatchObject({ pairs: 3, given: 5 });
    expect(found.notes).toEqual([expect.stringMatching(/^2 tokens are left out/)]);
    const directions = await readDirections(model(value), await headSpectrum(model(value), 0, 1, 'vo'), {
      engine,
      k: 40,
    });
    for (const { left, right } of directions)
      for (const { id } of [...left.top, ...right.top]) expect([5, 9]).not.toContain(id);
  });
});
