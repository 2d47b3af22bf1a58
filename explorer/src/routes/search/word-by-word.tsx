import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { parseTerms } from '../../../../src/atlas/query/terms.ts';
import { TokenText } from '../../components/token-text.tsx';
import { beginningQuery, meant } from '../token/queries.ts';

/** Where no atlas is open: the pages of the words' tokens, which are read from the weights. */
export function WordByWord({ model, q }: { model: string; q: string }) {
  const tokens = useQueries({
    queries: wordsOf(q).map((word) => beginningQuery(model, {}, word)),
    combine: (found) => found.flatMap(({ data }, i) => (data && meant(wordsOf(q)[i]!, data.tokens)) ?? []),
  });
  if (tokens.length === 0) return null;
  return (
    <p role="note" className="word-by-word">
      Each word by itself is read from the weights, by all neurons and heads:{' '}
      {tokens.map(({ id, label }) => (
        <Link key={id} className="token" to="/m/$model/token/$id" params={{ model, id }} preload={false}>
          <TokenText label={label} />
        </Link>
      ))}
    </p>
  );
}

const MOST = 12;

/** The words and beginnings of a search; of one that is not finished, none. */
function wordsOf(q: string): string[] {
  try {
    return parseTerms(q)
      .flat()
      .filter(({ kind }) => kind !== 'regex')
      .map(({ text }) => text)
      .slice(0, MOST);
  } catch {
    return [];
  }
}
