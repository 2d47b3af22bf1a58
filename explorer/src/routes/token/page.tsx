import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { modelQuery, place, tokens } from '../../api/queries.ts';
import type { NeuronPart, TokenReport } from '../../api/types.ts';
import { usePreviewedQuery } from '../../api/use-previewed-query.ts';
import type { Tone } from '../../components/bar.tsx';
import { FilterBar } from '../../components/filter-bar.tsx';
import { PreviewLine } from '../../components/preview-line.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { ScoreBars } from '../../components/score-bars.tsx';
import { Section } from '../../components/section.tsx';
import { Answer, Note } from '../../components/states.tsx';
import { TokenPicker } from '../../components/token-picker.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { formatScore } from '../../format.ts';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { ShareBar } from '../../share/share-bar.tsx';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { HeadBars, NeuronBars } from './place-bars.tsx';
import '../../components/find.css';
import './token.css';

const route = getRouteApi('/m/$model/token/$id');

const PARTS: Record<NeuronPart, { title: string; opposite: string; tone: Tone }> = {
  value: { title: 'Neurons that write it', opposite: 'and that write against it', tone: 'write' },
  key: { title: 'Neurons that read it', opposite: 'and that it keeps from firing', tone: 'read' },
  up: { title: 'Neurons that it scales', opposite: 'and scales the other way', tone: 'neutral' },
};

export function TokenPage() {
  const { model, id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const info = useQuery(modelQuery(model));
  const asked = {
    param: place({ model, id }),
    query: { normalize: search.normalize, foldNorm: search.fold, embedding: search.embedding, k: 24 },
  };
  const query = usePreviewedQuery(tokens[':id'], asked, { preview: search.normalize === undefined });
  return (
    <article aria-labelledby="token-title">
      <ShareBar />
      <h1 id="token-title">
        Token{' '}
        {query.data ? (
          <span className="token-name">
            <TokenText label={query.data.token.label} />
          </span>
        ) : (
          `#${id}`
        )}
      </h1>
      <p className="page-line">{query.data ? <Facts report={query.data} /> : `id ${id}`}</p>
      <WhatIsThis>
        One word of the model, and what has to do with it: the neurons that write it or read it, the heads that copy it
        or look for it, and the words whose vectors are near its own. Neurons come in order of their share: how far the
        word stands out among all that the neuron lists, 1 where there is no other.
      </WhatIsThis>
      <div className="find">
        <TokenPicker
          label="Another token"
          placeholder="another token"
          model={model}
          onPick={(token) => void navigate({ to: '/m/$model/token/$id', params: { model, id: token.id } })}
        />
        <Link to="/m/$model/token" params={{ model }} className="soft">
          by meaning or class …
        </Link>
      </div>
      <FilterBar
        value={search}
        filters={[]}
        onChange={(change) => void navigate({ search: (previous) => ({ ...previous, ...change }), resetScroll: false })}
      />
      <PreviewLine began={query.began} exact={query.data !== undefined && query.preview === undefined} wait={query} />
      <Answer query={query} what="Asking all neurons and heads">
        {(report) => <Report report={report} model={model} search={search} live={info.data?.live === true} />}
      </Answer>
    </article>
  );
}

function Facts({ report }: { report: TokenReport }) {
  const { token, norm, classes } = report;
  return (
    <>
      <span className="mono">{JSON.stringify(token.token)}</span> · id {token.id}
      {norm !== null && ` · |E| ${formatScore(norm)}`}
      {classes.special && ' · a special token'}
      {classes.padding && ' · a row of E without a token'}
    </>
  );
}

interface Scored {
  score: number;
}

/** Where heads are few, the lowest scores have some above 0, which suppress nothing, and the highest some below. */
function ofTheirSign<P extends string, T extends Scored>(parts: { [K in P]?: { top: T[]; bottom: T[] } | undefined }) {
  const own: { [K in P]?: { top: T[]; bottom: T[] } } = {};
  for (const part of Object.keys(parts) as P[]) {
    const ends = parts[part];
    if (!ends) continue;
    own[part] = {
      top: ends.top.filter(({ score }) => score > 0),
      bottom: ends.bottom.filter(({ score }) => score < 0),
    };
  }
  return own;
}

interface ReportProps {
  report: TokenReport;
  model: string;
  search: ReadingSearch;
  live: boolean;
}

function Report({ report, model, search, live }: ReportProps) {
  const { token, nearest, source } = report;
  const [neurons, heads] = [ofTheirSign(report.neurons), ofTheirSign(report.heads)];
  const file = `token-${token.id}`;
  return (
    <>
      <div className="columns thirds">
        {(['value', 'key', 'up'] as const).map((part) => {
          const ends = neurons[part];
          const { title, opposite, tone } = PARTS[part];
          return (
            ends && (
              <Section key={part} title={title} hint={`${part}, by share`}>
                <NeuronBars
                  {...{ model, ends, tone, opposite, part, search }}
                  token={token.id}
                  label={title}
                  name={`${file}-${part}`}
                />
              </Section>
            )
          );
        })}
      </div>
      <div className="part columns thirds">
        {heads.vo && (
          <Section title="Heads that copy it" hint="VO of the token with itself, by score">
            <HeadBars
              {...{ model, ends: heads.vo, token: token.id, tone: 'write', matrix: 'vo', search, live }}
              label="Heads that copy it"
              opposite="and that suppress it"
              name={`${file}-vo`}
            />
          </Section>
        )}
        {heads.qk && (
          <Section title="Heads that attend to it" hint="from itself: QK of the token with itself, by score">
            <HeadBars
              {...{ model, ends: heads.qk, token: token.id, tone: 'read', matrix: 'qk', search, live }}
              label="Heads that attend to it"
              opposite="and that avoid it"
              name={`${file}-qk`}
            />
          </Section>
        )}
        <Section title="Nearest tokens" hint="cosine of rows of E">
          <ScoreBars label="Nearest tokens" tokens={nearest} tone="neutral" model={model} max={1} />
          <SaveMenu
            label="nearest tokens"
            name={`${file}-nearest`}
            rows={() => nearest.map(({ id, token: text, score }) => ({ id, token: text, cosine: score }))}
          />
        </Section>
      </div>
      <Note>
        <p>
          {source === 'atlas'
            ? 'From the atlas: the best neurons and heads of all layers for this token.'
            : 'Read from the weights: one product of the token’s row of E with the vectors of every layer.'}
        </p>
      </Note>
    </>
  );
}
