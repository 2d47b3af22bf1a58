import { getRouteApi } from '@tanstack/react-router';
import { FilterBar } from '../../components/filter-bar.tsx';
import { VectorReader } from '../../components/vector-reader.tsx';

const route = getRouteApi('/m/$model/vector');

/** Any sum of vectors, read as words. */
export function VectorPage() {
  const { model } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <h1>Expression</h1>
      <p className="page-line">A sum of neurons, head directions, tokens and other vectors, read as words.</p>
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
