import { expect, test } from 'vitest';
import { placeOf } from './here.ts';

test('a path says model, page and numbers', () => {
  expect(placeOf('/m/a%2Fb/neuron/28/100')).toEqual({ model: 'a/b', page: 'neuron', numbers: [28, 100] });
  expect(placeOf('/m/sample')).toEqual({ model: 'sample', page: 'model', numbers: [] });
  expect(placeOf('/m/sample/token/12')).toEqual({ model: 'sample', page: 'token', numbers: [12] });
  expect(placeOf('/compare')).toEqual({ page: 'compare', numbers: [] });
  expect(placeOf('/')).toEqual({ numbers: [] });
});
