import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ModelInfo } from '../api/types.ts';
import { megabytes } from '../format.ts';
import { emptyBrowser, keptInBrowser } from './client.ts';
import '../components/pill.css';
import './open-page.css';

const QUERY = { queryKey: ['kept in the browser'], queryFn: keptInBrowser, refetchInterval: 5000 };

/** Under every page of a site: that the page answers by itself, and what it keeps in the browser. */
export function SiteFoot({ model, models }: { model: string | undefined; models: readonly ModelInfo[] }) {
  const client = useQueryClient();
  const { data } = useQuery(QUERY);
  const empty = async (): Promise<void> => {
    client.setQueryData(QUERY.queryKey, await emptyBrowser());
  };
  return (
    <footer className="site-foot">
      {model !== undefined && models.length > 0 && !models.some(({ id }) => id === model) && (
        <b>{model} is not open here: files are not kept when the page is loaded anew.</b>
      )}
      <span>
        Computed in this page{crossOriginIsolated ? '' : ', on one thread'}, by no server; files that you open here do
        not leave this machine.
      </span>
      {data && data.limit > 0 && (
        <span>
          Kept in the browser: {megabytes(data.bytes)} of at most {megabytes(data.limit)}{' '}
          <button type="button" className="pill" onClick={() => void empty()}>
            empty it
          </button>
        </span>
      )}
      <Link to="/open">open another model</Link>
    </footer>
  );
}
