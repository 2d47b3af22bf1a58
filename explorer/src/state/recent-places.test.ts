import { expect, it } from 'vitest';
import { placesOf, withPlace } from './recent-places.ts';

it('keeps the six latest places, each once, an adapter apart from a model of the same place', () => {
  let places = placesOf('[]');
  for (const place of ['a', 'b', 'a', 'c']) places = withPlace(places, { place });
  expect(places.map(({ place }) => place)).toEqual(['c', 'a', 'b']);
  places = withPlace(places, { place: 'a', adapter: true });
  expect(places).toHaveLength(4);
  for (let i = 0; i < 10; i++) places = withPlace(places, { place: `m${i}` });
  expect(places.map(({ place }) => place)).toEqual(['m9', 'm8', 'm7', 'm6', 'm5', 'm4']);
});

it('takes of what is kept only what are places', () => {
  expect(placesOf({ length: 3 })).toEqual([]);
  expect(
    placesOf([null, 7, { place: 7 }, { place: 'x', adapter: 'yes', more: 1 }, { place: 'y', adapter: true }]),
  ).toEqual([{ place: 'x' }, { place: 'y', adapter: true }]);
});
