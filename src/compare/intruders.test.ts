import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { defaultEngine } from '../engine/select.ts';
import { openModel } from '../node.ts';
import { diffModels } from './diff.ts';
import { intrudersOf } from './intruders.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/compare/', import.meta.url));
/** By numpy, intruders.py there: of each of ten directions its singular value and the nearest of the other model's. */
const EXPECTED: Record<string, [number, number][]> = JSON.parse(readFileSync(`${FIXTURES}intruders.json`, 'utf8'));

it('intruder dimensions are those that numpy finds', async () => {
  const [one, two] = [await openModel(`${FIXTURES}one`), await openModel(`${FIXTURES}two`)];
  const engine = await defaultEngine();
  let seen = 0;
  for (const [name, expected] of Object.entries(EXPECTED)) {
    const found = await intrudersOf(one.parameters.get(name)!, two.parameters.get(name)!, { engine });
    const meant = expected.flatMap(([value, nearest], i) => (nearest < 0.5 ? [{ rank: i + 1, value, nearest }] : []));
    expect(found.looked).toBe(10);
    expect(found.found.map(({ rank }) => rank)).toEqual(meant.map(({ rank }) => rank));
    for (const [i, { value, nearest }] of meant.entries()) {
      expect(found.found[i].value).toBeCloseTo(value, 4);
      expect(found.found[i].nearest).toBeCloseTo(nearest, 3);
    }
    seen += meant.length;
  }
  expect(seen).toBeGreaterThan(10);
  // A model has none beside itself, and `diff` reads those that there are as words.
  const value = one.parameters.get('layer.0.ff.value')!;
  expect((await intrudersOf(value, value, { engine })).found).toEqual([]);
  const { directions } = await diffModels(one, two, { k: 2, neurons: 0, heads: 1 });
  expect(directions[0].intruders?.found[0]).toMatchObject({ top: { length: 2 }, bottom: { length: 2 } });
  await Promise.all([one.close(), two.close()]);
});
