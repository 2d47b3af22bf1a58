import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { apiQuery, modelQuery, models, place } from '../../api/queries.ts';
import type { ModelInfo, SearchResult } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { Pill } from '../../components/pill.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { formatScore, plural } from '../../format.ts';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { isSite } from '../../site/site.ts';
import { neuronText } from '../../state/neuron-at.ts';
import { HeadWords, NeuronWords } from '../model/look-line.tsx';
import { HeadRowWords } from '../token/head-row-words.tsx';
import { WordField } from './field.tsx';
import type { SearchPart, WordSearch } from './search.ts';
import { Sql } from './sql.tsx';
import { WordByWord } from './word-by-word.tsx';

const route = getRouteApi('/m/$model/search');

/** The questions, in words: what the found neurons or heads do with the words that were typed. */
const ASKED: Record<SearchPart, { title: string; against: string }> = {
  value: { title: 'neurons that write it', against: 'neurons that write against it' },
  key: { title: 'neurons that fire on it', against: 'neurons that fire against it' },
  up: { title: 'neurons scaled by it', against: 'neurons scaled against it' },
  vo: { title: 'heads that copy it', against: 'heads that suppress it' },
  qk: { title: 'heads that attend to it', against: 'heads that avoid it' },
};

const LISTED = 200;
/** A site answers no regular expressions. */
const EXAMPLES = ['king', 'cat OR dog OR horse', 'king queen', 'elect*', ...(isSite ? [] : ['/^ (un|dis)/'])];

export function SearchPage() {
  const { model } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const info = useQuery(modelQuery(model));
  const onChange = (change: { [K in keyof WordSearch]?: WordSearch[K] | undefined }): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: 'q' in change, resetScroll: false });
  };
  const { part = 'value', sign } = search;
  const parts = [...(info.data?.parts ?? ['value' as const]), ...(info.data?.heads ? (['vo', 'qk'] as const) : [])];
  return (
    <article aria-labelledby="search-title">
      <h1 id="search-title">Search by word</h1>
      <p className="page-line">Which neurons and heads have to do with a word, or with several.</p>
      <WhatIsThis>
        The atlas holds, for each word, the neurons and heads of the whole model that fit it best. Several words must
        all be met; write OR between them for any of them, a * for any ending, and / / around a regular expression.
      </WhatIsThis>
      <div role="tablist" aria-label="How to ask" className="search-tabs">
        {(['words', 'SQL'] as const).map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            aria-selected={(tab === 'SQL') === (search.sql !== undefined)}
            className="pill"
            onClick={() => onChange({ sql: tab === 'SQL' ? (search.sql ?? '') : undefined })}
          >
            {tab}
          </button>
        ))}
      </div>
      {search.sql === undefined && (
        <>
          <WordField value={search.q ?? ''} examples={EXAMPLES} onChange={(q) => onChange({ q: q || undefined })} />
          {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
          <div role="group" aria-label="What is looked for" className="search-choices">
            {parts.map((name) => (
              <Pill
                key={name}
                pressed={part === name}
                onClick={() => onChange({ part: name === 'value' ? undefined : name })}
              >
                {ASKED[name][sign ? 'against' : 'title']}
              </Pill>
            ))}
            <Pill pressed={sign === '-'} onClick={() => onChange({ sign: sign ? undefined : '-' })}>
              against
            </Pill>
          </div>
        </>
      )}
      <Answer query={info} what="Opening the model">
        {({ name, atlas, building, live }) =>
          atlas === null ? (
            <>
              <Empty>
                {building
                  ? 'The atlas that is searched here is being made; this page answers when its neurons have been read, and of heads when it is whole.'
                  : `Words are searched in an atlas, and none is open: weightscope atlas build ${name} -o DIR, then weightscope explore ${name} DIR.`}
              </Empty>
              {live && search.q && <WordByWord model={model} q={search.q} />}
            </>
          ) : search.sql !== undefined ? (
            <Sql model={model} sql={search.sql || undefined} onChange={(sql) => onChange({ sql: sql ?? '' })} />
          ) : isHeads(part) && !partsOf(atlas.settings).includes('heads') ? (
            <Empty>
              {building
                ? 'Heads are still being read: this page answers when the atlas is whole. Neurons can be searched already.'
                : `The atlas is of neurons alone: weightscope atlas build ${name} -o DIR makes one with heads.`}
            </Empty>
          ) : (
            search.q && <Results model={model} q={search.q} part={part} sign={sign} />
          )
        }
      </Answer>
    </article>
  );
}

const isHeads = (part: SearchPart): boolean => part === 'vo' || part === 'qk';

/** What an atlas was made of: while it is being made, what can be searched already. */
const partsOf = ({ what }: Record<string, unknown>): readonly unknown[] => (Array.isArray(what) ? what : []);

interface ResultsProps {
  model: string;
  q: string;
  part: SearchPart;
  sign: '-' | undefined;
}

interface Hit {
  place: string;
  layer: number;
  index: number;
  expert?: number;
  score: number;
  share: number;
  /** `within`: the word's place in the neuron's own list, or among the head's own pairs. */
  words: { token: number; label: string; rank: number; score: number; within: number | null }[];
}

function Results({ model, q, part, sign }: ResultsProps) {
  const query = useQuery(
    apiQuery(models[':model'].atlas.search, {
      param: place({ model }),
      query: { q, parts: part, sign: sign ?? '+', k: LISTED },
    }),
  );
  return (
    <Answer query={query} what="Searching">
      {(found) => (
        <>
          {found.notes.map((sentence) => (
            <p key={sentence} className="page-line" role="status">
              {sentence}
            </p>
          ))}
          <Hits model={model} part={part} hits={hitsOf(found)} sign={sign} />
        </>
      )}
    </Answer>
  );
}

function hitsOf({ neurons, heads }: SearchResult): Hit[] {
  const hit = (layer: number, index: number, { score, share }: { score: number; share: number }) => ({
    ...{ place: `${layer}:${index}`, layer, index, score, share },
  });
  return [
    ...neurons.map((one) => ({
      ...hit(one.layer, one.neuron, one),
      ...{ place: neuronText(one), expert: one.expert },
      words: one.matches,
    })),
    ...heads.map((one) => ({
      ...hit(one.layer, one.head, one),
      words: one.matches.map(({ pairRank, ...match }) => ({ ...match, within: pairRank })),
    })),
  ];
}

function Hits({ model, part, hits, sign }: Omit<ResultsProps, 'q'> & { hits: readonly Hit[] }) {
  const info = useQuery(modelQuery(model));
  const isHead = isHeads(part);
  const within = ({ words }: Hit): number | undefined => {
    const ranks = words.flatMap((word) => word.within ?? []);
    return ranks.length === 0 ? undefined : Math.min(...ranks);
  };
  // Each word has a list of those who write it, each neuron and head one of its own words: both end somewhere.
  const placeless = `No place: the ${isHead ? 'head’s pairs' : 'neuron’s own list'} that the atlas keeps ${isHead ? 'end' : 'ends'} before a met word.`;
  if (hits.length === 0) return <Empty>Nothing has these words among its best. Try OR between them, or fewer.</Empty>;
  // In letters; each word has a margin beside it.
  const longest = Math.max(...hits.map(({ words }) => words.reduce((sum, { label }) => sum + label.length + 2, 0)));
  const columns: Column<Hit>[] = [
    {
      id: 'place',
      header: isHead ? 'head' : 'neuron',
      value: ({ place }) => place,
      cell: ({ layer, index, expert, place }) =>
        isHead ? (
          <Link
            className="place"
            to="/m/$model/head/$layer/$head"
            params={{ model, layer, head: index }}
            search={{ matrix: part === 'qk' ? 'qk' : 'vo' }}
          >
            {place}
          </Link>
        ) : (
          <NeuronLink className="place" model={model} at={{ layer, neuron: index, expert }} />
        ),
      width: '72px',
    },
    {
      id: 'met',
      header: 'words met',
      value: ({ words }) => words.map(({ label }) => label).join(' '),
      cell: ({ words }) =>
        words.map(({ label, score }) => (
          <mark key={label} className="token met" title={`score ${formatScore(score)}`}>
            <TokenText label={label} />
          </mark>
        )),
      // All of them are to be seen, on a narrow screen as many as leave room for the rest.
      width: `minmax(max(110px, min(${longest}ch, 40vw)), 1fr)`,
    },
    ...(info.data
      ? [
          {
            id: 'its own words',
            header: '',
            value: () => undefined,
            cell: (hit: Hit) => <OwnWords info={info.data} part={part} sign={sign} hit={hit} />,
            width: 'minmax(200px, 3fr)',
          },
        ]
      : []),
    {
      id: 'share',
      header: 'share',
      title: isHead
        ? 'How far the words stand out within the head: the score beside that of its best pair'
        : 'How far the words stand out within the neuron: the score beside the length of all its listed scores',
      value: ({ share }) => share,
      cell: ({ share }) => share.toFixed(3),
      numeric: true,
      width: '84px',
    },
    {
      id: 'within',
      header: 'rank within',
      title: isHead
        ? 'The best place of a met word among the head’s own pairs, where the atlas lists it'
        : 'The best place of a met word in the neuron’s own list, where the atlas lists it',
      value: within,
      cell: (hit) =>
        within(hit) ?? (
          <span title={`${placeless} ${hit.place} is among the best ${isHead ? 'heads' : 'neurons'} of the word.`}>
            –
          </span>
        ),
      numeric: true,
      width: '84px',
    },
    {
      id: 'rank',
      header: `among ${isHead ? 'heads' : 'neurons'}`,
      title: `Its place among this word's best ${isHead ? 'heads' : 'neurons'}`,
      value: ({ words }) => Math.min(...words.map(({ rank }) => rank)),
      numeric: true,
      width: '104px',
    },
    {
      id: 'score',
      header: 'score',
      title: 'Summed over the words',
      value: ({ score }) => score,
      cell: ({ score }) => formatScore(score),
      numeric: true,
      width: '84px',
    },
  ];
  return (
    <>
      <p className="page-line" role="status">
        {plural(hits.length, isHead ? 'head' : 'neuron')}
        {hits.length === LISTED && ', the best of more'}, in order of share: how far the words stand out within the{' '}
        {isHead ? 'head' : 'neuron'}
        {isHead &&
          info.data?.live &&
          sign !== '-' &&
          `; beside the first word ${part === 'vo' ? 'what the head writes on reading it' : 'what a query at it looks for'}`}
      </p>
      <DataTable
        label={ASKED[part][sign ? 'against' : 'title']}
        name={`search-${part}`}
        columns={columns}
        rows={hits}
        rowKey={({ place }) => place}
      />
    </>
  );
}

/** What a neuron reads and writes; what a head makes of the first word that it meets. */
function OwnWords({ info, part, sign, hit }: Pick<ResultsProps, 'part' | 'sign'> & { info: ModelInfo; hit: Hit }) {
  const { layer, index, expert, words } = hit;
  if (part !== 'vo' && part !== 'qk')
    return (
      <NeuronWords
        info={info}
        at={{ layer, neuron: index, expert }}
        k={6}
        lit={new Set(words.map(({ token }) => token))}
      />
    );
  const [first] = words;
  // An atlas alone has no rows of heads; and a row begins with what is highest, not with what a head is against.
  if (!first || !info.live || sign === '-') return <HeadWords info={info} layer={layer} head={index} matrix={part} />;
  return (
    <span className="words">
      <span className="token">
        <TokenText label={first.label} />
      </span>{' '}
      <HeadRowWords model={info.id} matrix={part} token={first.token} search={NO_SEARCH} {...{ layer, index }} />
    </span>
  );
}

const NO_SEARCH = {};
