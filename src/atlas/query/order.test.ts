import { expect, it } from 'vitest';
import { seeded } from '../../reading/random.ts';
import { order } from './order.ts';

it.each([0, 1, 5, 512, 513, 700, 1000, 5000])('gives the %i first, ties by place, without NaN', (k) => {
  const random = seeded(3);
  // Few different values, so that many are equal.
  const values = Float64Array.from({ length: 1000 }, () => {
    const x = Math.floor(random() * 60) - 20;
    return x === 0 ? Number.NaN : x;
  });
  for (const ascending of [false, true]) {
    const all = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]));
    all.sort((a, b) => (ascending ? values[a] - values[b] : values[b] - values[a]) || a - b);
    expect(order(values, k, ascending)).toEqual(all.slice(0, k));
  }
});
