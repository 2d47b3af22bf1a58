import { WeightscopeError } from '../../errors.ts';
import { parseJson } from '../../json.ts';

/** Pairs of words that stand in one relation, first to second: France, Paris. */
export interface Relation {
  name: string;
  pairs: readonly (readonly [first: string, second: string])[];
}

/** A relation's pairs whose words are single tokens of a vocabulary. */
export interface TokenRelation {
  name: string;
  /** Token ids. */
  pairs: [first: number, second: number][];
  /** Pairs in the relation before those were left out whose words are several tokens, or the same one. */
  given: number;
}

/**
 * Relations from JSON: `{"capitals": [["France", "Paris"], …], …}`. Throws `ARGUMENT_INVALID` with the place of what
 * does not fit.
 */
export function parseRelations(text: string): Relation[] {
  let json: unknown;
  try {
    json = parseJson(text, { python: true });
  } catch (cause) {
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected relations as JSON, but ${(cause as Error).message}.`, {
      cause,
    });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid('an object of relations', 'the file', json);
  return Object.entries(json).map(([name, pairs]) => {
    if (!Array.isArray(pairs)) throw invalid('a list of pairs', `"${name}"`, pairs);
    for (const [i, pair] of pairs.entries()) {
      const words = Array.isArray(pair) && pair.length === 2 && pair.every((word) => typeof word === 'string' && word);
      if (!words) throw invalid('two words', `pair ${i + 1} of "${name}"`, pair);
    }
    return { name, pairs };
  });
}

function invalid(expected: string, place: string, found: unknown): WeightscopeError {
  const example = '{"capitals": [["France", "Paris"]]}';
  return new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected ${expected} in ${place}, got ${JSON.stringify(found)?.slice(0, 60)}; relations are written as ${example}.`,
  );
}
