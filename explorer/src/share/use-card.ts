import { head, neuron, neuronAsked, pairAsked, place, readingQuery, tokens } from '../api/queries.ts';
import { usePreviewedQuery } from '../api/use-previewed-query.ts';
import { parseReadingSearch } from '../state/reading-search.ts';
import { ROWS } from './lists.ts';
import { neuronOf, type Pin, pairOf } from './pin.ts';

/** The answer that a card shows: a preview where the exact one takes a pass over all layers, until it is there. */
export function useCard(pin: Pin) {
  const given = Object.fromEntries(new URLSearchParams(pin.query));
  const search = parseReadingSearch(given);
  const [first = 0, second = 0] = pin.numbers;
  const { question, asked } = askedOf(pin, first, second, search, given.matrix === 'qk' ? 'qk' : 'vo');
  return usePreviewedQuery(question as typeof neuron, asked as never, {
    preview: search.normalize === undefined,
  });
}

/** The pair that a head's card is of, wherever it stands among all; asked only where it is of one. */
export function useCardPair(pin: Pin) {
  const given = Object.fromEntries(new URLSearchParams(pin.query));
  const pair = pin.kind === 'head' ? pairOf(pin) : undefined;
  const [layer = 0, index = 0] = pin.numbers;
  const search = parseReadingSearch(given);
  const matrix = given.matrix === 'qk' ? 'qk' : 'vo';
  const asked = pairAsked([pin.model, layer, index], matrix, pair ?? { first: 0, second: 0 }, search);
  return usePreviewedQuery(head.row, asked, {
    preview: search.normalize === undefined,
    enabled: pair !== undefined,
  });
}

function askedOf(
  pin: Pin,
  first: number,
  second: number,
  search: ReturnType<typeof parseReadingSearch>,
  matrix: 'qk' | 'vo',
) {
  const { model, kind } = pin;
  const reading = readingQuery(search);
  if (kind === 'neuron') {
    const { param, query } = neuronAsked(model, neuronOf(pin), { ...search, k: ROWS, bottom: 0 });
    return { question: neuron, asked: { param, query } };
  }
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
