import { expect, test } from 'vitest';
import { apiQuery, head, models, place } from './queries.ts';

const param = place({ model: 'a b', layer: 1, head: 2 });

test('a question is asked at the address that the server has for it', () => {
  const { queryKey } = apiQuery(head.count, { param, query: { above: 0.5, below: undefined, onlyAscii: true } });
  expect(queryKey[0]).toMatch(/\/api\/models\/a%20b\/heads\/1\/2\/count\?above=0.5&onlyAscii=true$/);
});

test('a misspelt path or parameter is a type error', () => {
  // @ts-expect-error: there is no such question.
  head.counts;
  // @ts-expect-error: nor such a parameter.
  apiQuery(head.count, { param, query: { abvoe: 0.5 } });
  // @ts-expect-error: a head has a layer.
  apiQuery(head.count, { param: place({ model: 'a', head: 2 }), query: {} });
  // @ts-expect-error: nor such a normaliser.
  apiQuery(head.count, { param, query: { normalize: 'all' } });
  expect(models).toBeDefined();
});
