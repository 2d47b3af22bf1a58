import { useQuery } from '@tanstack/react-query';
import { head, modelQuery, place, readingQuery } from '../../api/queries.ts';
import { useWords } from '../../api/use-previewed-query.ts';
import { LitWords } from '../../components/lit-words.tsx';
import { PreviewMark } from '../../components/preview-mark.tsx';
import { type ReadingSearch, wordsOnly } from '../../state/reading-search.ts';

interface HeadRowWordsProps {
  model: string;
  layer: number;
  index: number;
  matrix: 'vo' | 'qk';
  token: number;
  search: ReadingSearch;
}

const WORDS = 3;

/** What a head makes of the token: what it writes on reading it, or what a query at it looks for. */
export function HeadRowWords({ model, layer, index, matrix, token, search }: HeadRowWordsProps) {
  const { data: info } = useQuery(modelQuery(model));
  const asked = {
    param: place({ model, layer, head: index }),
    query: { ...readingQuery({ ...search, ...wordsOnly(info) }), matrix, id: token, k: WORDS, bottom: 0 },
  };
  const { data, began, preview } = useWords(head.row, asked, {
    preview: search.normalize === undefined,
    enabled: info !== undefined,
  });
  if (!data) return null;
  return (
    <>
      <PreviewMark began={began} exact={preview === undefined} />
      <span className="soft">→</span>{' '}
      <LitWords tokens={data.top} lit={new Set([token])} className={matrix === 'vo' ? 'write' : 'read'} />
    </>
  );
}
