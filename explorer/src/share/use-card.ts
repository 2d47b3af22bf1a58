import { head, neuron, place, readingQuery, tokens } from '../api/queries.ts';
import { usePreviewedQuery } from '../api/use-previewed-query.ts';
import { parseReadingSearch } from '../state/reading-search.ts';
import { ROWS } from './lists.ts';
import type { Pin } from './pin.ts';

/** The answer that a card shows: a preview where the exact one takes a pass over all layers, until it is there. */
export function useCard(pin: Pin) {
  const given = Object.fromEntries(new URLSearchParams(pin.query));
  const search = parseReadingSearch(given);
  const freq = search.normalize === undefined;
  const [first = 0, second = 0] = pin.numbers;
  const { question, asked } = askedOf(pin, first, second, search, given.matrix === 'vo' ? 'vo' : 'qk');
  return usePreviewedQuery(question as typeof neuron, asked as never, {
    preview: freq && pin.kind !== 'token',
    keep: () => false,
  });
}

function askedOf(
  { model, kind }: Pin,
  first: number,
  second: number,
  search: ReturnType<typeof parseReadingSearch>,
  matrix: 'qk' | 'vo',
) {
  const reading = readingQuery(search);
  if (kind === 'neuron')
    return {
      question: neuron,
      asked: { param: place({ model, layer: first, neuron: second }), query: { ...reading, k: ROWS } },
    };
  if (kind === 'head')
    return {
      question: head,
      asked: { param: place({ model, layer: first, head: second }), query: { ...reading, matrix, k: ROWS } },
    };
  const { normalize, foldNorm, embedding } = reading;
  return {
    question: tokens[':id'],
    asked: { param: place({ model, id: first }), query: { normalize, foldNorm, embedding, k: ROWS } },
  };
}
