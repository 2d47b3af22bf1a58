import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Tokens } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FilterBar } from '../../components/filter-bar.tsx';
import { Pill } from '../../components/pill.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { useSettling } from '../../components/use-settling.ts';
import { formatCount, formatScore, plural } from '../../format.ts';
import { SomeTokens } from '../../guide/some-tokens.tsx';
import { Term } from '../../guide/term.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { beginningQuery, type FoundToken, likeQuery, meant } from './queries.ts';
import type { TokenSearch } from './search.ts';
import '../../components/find.css';
import './token.css';

const route = getRouteApi('/m/$model/token');

export function TokensPage() {
  const { model } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onChange = (
    change: { [K in keyof (TokenSearch & ReadingSearch)]?: (TokenSearch & ReadingSearch)[K] },
  ): void => {
    void navigate({ search: (previous) => ({ ...previous, ...change }), replace: 'q' in change, resetScroll: false });
  };
  const { q, by } = search;
  const beginning = useQuery(beginningQuery(model, search, q));
  const named = (beginning.data?.tokens ?? []).slice(0, 3).map(({ label }) => label);
  return (
    <article aria-labelledby="tokens-title">
      <h1 id="tokens-title">Tokens</h1>
      <p className="page-line">
        Find a token by how it begins, by what it means (its neighbours in embedding space), by its class.
      </p>
      <WhatIsThis>
        The words and pieces of words that the model knows, each a <Term name="token" /> with a vector of its own
        {named.length > 0 && (
          <>
            , such as <SomeTokens labels={named} tone="write" />
          </>
        )}
        ; the dot is the space before a word. A click leads to the neurons and heads that have to do with one.
      </WhatIsThis>
      <div className="find">
        <FindField value={q ?? ''} onChange={(text) => onChange({ q: text === '' ? undefined : text })} />
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="How tokens are found">
          <Pill pressed={by === undefined} onClick={() => onChange({ by: undefined })}>
            begins so
          </Pill>
          <Pill pressed={by === 'meaning'} onClick={() => onChange({ by: 'meaning' })}>
            means nearly this
          </Pill>
        </div>
      </div>
      <FilterBar value={search} onChange={onChange} normalizers={[]} fold={false} />
      {by === 'meaning' ? <ByMeaning model={model} search={search} /> : <ByBeginning model={model} search={search} />}
    </article>
  );
}

/** Searches while one types; the address follows when the hand rests. */
function FindField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useSettling(value, onChange, 150);
  return (
    <input
      type="search"
      className="find-field mono"
      aria-label="A word, or its beginning"
      placeholder="king"
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}

interface ResultsProps {
  model: string;
  search: TokenSearch & ReadingSearch;
}

function ByBeginning({ model, search }: ResultsProps) {
  const query = useQuery({
    ...beginningQuery(model, search, search.q),
    placeholderData: (previous: Tokens | undefined) => previous,
  });
  return (
    <Answer query={query} what="Looking for tokens">
      {(found) => (
        <Stale when={query.isPlaceholderData}>
          <Found found={found} model={model} />
        </Stale>
      )}
    </Answer>
  );
}

function ByMeaning({ model, search }: ResultsProps) {
  const { q = '' } = search;
  const beginning = useQuery({ ...beginningQuery(model, {}, q), enabled: q !== '' });
  const token = beginning.data && meant(q, beginning.data.tokens);
  const query = useQuery({
    ...likeQuery(model, search, token?.id ?? 0),
    enabled: token !== undefined,
    placeholderData: (previous: Tokens | undefined) => previous,
  });
  if (q === '') return <Empty>Type a word whose neighbours you want to see.</Empty>;
  if (beginning.data && !token) return <Empty>No token is this word, nor begins so.</Empty>;
  return (
    <Answer query={beginning.error ? beginning : query} what="Looking for neighbours">
      {(found) => (
        <Stale when={query.isPlaceholderData}>
          <Found found={found as Tokens} model={model} near={token} />
        </Stale>
      )}
    </Answer>
  );
}

function Found({ found, model, near }: { found: Tokens; model: string; near?: FoundToken | undefined }) {
  const { total, tokens } = found;
  if (total === 0) return <Empty>No token begins so, of the classes that are left.</Empty>;
  const columns: Column<FoundToken>[] = [
    {
      id: 'token',
      header: 'token',
      value: ({ token }) => token,
      cell: (token) => <TokenLabel token={token} model={model} />,
    },
    {
      id: 'text',
      header: 'text',
      value: ({ token }) => JSON.stringify(token),
      cell: ({ token }) => <span className="token soft">{JSON.stringify(token)}</span>,
    },
    { id: 'id', header: 'id', value: ({ id }) => id, numeric: true, width: '72px' },
    ...(near
      ? [
          {
            id: 'cosine',
            header: 'cosine',
            value: ({ score }: FoundToken) => score,
            cell: ({ score }: FoundToken) => formatScore(score ?? Number.NaN),
            numeric: true,
            width: '72px',
          },
        ]
      : []),
  ];
  return (
    <>
      <p className="page-line found" role="status">
        {near ? (
          <>
            Nearest to <TokenLabel token={near} model={model} />
          </>
        ) : (
          <>
            {plural(total, 'token')}
            {tokens.length < total && `, ${formatCount(tokens.length)} of them listed`}
          </>
        )}
      </p>
      <div className="found-table">
        <DataTable label="Tokens" name="tokens" columns={columns} rows={tokens} rowKey={({ id }) => id} />
      </div>
    </>
  );
}
