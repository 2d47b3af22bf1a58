import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { FilterBar } from '../../components/filter-bar.tsx';
import { readQuery, VectorReader } from '../../components/vector-reader.tsx';
import { SomeTokens } from '../../guide/some-tokens.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';

const route = getRouteApi('/m/$model/vector');

/** Any sum of vectors, read as words. */
export function VectorPage() {
  const { model } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const read = useQuery({ ...readQuery(model, search.x ?? '', search), enabled: search.x !== undefined });
  return (
    <>
      <h1>Expression</h1>
      <p className="page-line">A sum of neurons, head directions, tokens and other vectors, read as words.</p>
      <WhatIsThis>
        Rows of the model and vectors of words are rows of numbers of one length, so that they may be added up, and the
        sum compared with the vector of every word
        {read.data && (
          <>
            : this one points towards <SomeTokens labels={labelsOf(read.data.top)} tone="write" />, and away from{' '}
            <SomeTokens labels={labelsOf(read.data.bottom)} tone="opposite" />
          </>
        )}
        .
      </WhatIsThis>
      <FilterBar
        value={search}
        fold={false}
        normalizers={['cosine', 'none']}
        onChange={(change) => navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false })}
      />
      <VectorReader
        model={model}
        search={search}
        expression={search.x ?? ''}
        examples={['tok:" king" - tok:" man" + tok:" woman"', 'ff:0:381.value', '0.5 * ff:0:381.value - ff:0:381.key']}
        onRead={(x) => navigate({ search: (old) => ({ ...old, x: x || undefined }) })}
      />
    </>
  );
}

const labelsOf = (tokens: readonly { label: string }[]): string[] => tokens.slice(0, 3).map(({ label }) => label);
