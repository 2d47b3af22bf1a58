import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { models, place } from '../../api/queries.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FilterBar } from '../../components/filter-bar.tsx';
import { Section } from '../../components/section.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatScore, plural } from '../../format.ts';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { MapCanvas, type Mapped } from './canvas.tsx';
import { numbersOf } from './view.ts';
import '../../components/find.css';
import './map.css';

const route = getRouteApi('/m/$model/map');
const NONE: ReadonlySet<number> = new Set();
const LISTED = 5000;

export function MapPage() {
  const { model } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [text, setText] = useState(search.x ?? '');
  useEffect(() => setText(search.x ?? ''), [search.x]);
  const asked = {
    ...(search.x && { expression: search.x, normalize: search.normalize ?? ('cosine' as const) }),
    embedding: search.embedding,
  };
  const query = useLongQuery(models[':model'].map, { param: place({ model }), query: asked }, { keep: true });
  const read = (x: string | undefined): void => {
    void navigate({ search: (old) => ({ ...old, x }), resetScroll: false });
  };
  const parquet = models[':model'].map.$url({
    param: place({ model }),
    query: { ...asked, format: 'parquet' } as never,
  });
  return (
    <article aria-labelledby="map-title">
      <h1 id="map-title">Map of the vocabulary</h1>
      <p className="page-line">Every token of the model, near to those that it is like; a reading lights up on it.</p>
      <WhatIsThis>
        Each dot is a word of the model. Words whose vectors point alike lie near each other; the axes mean nothing by
        themselves. Type what to read, a neuron’s value such as ff:0:381.value or a word, and each dot is coloured by
        its score: orange where the row points towards it, violet where it points away.
      </WhatIsThis>
      <form
        className="find"
        onSubmit={(event) => {
          event.preventDefault();
          read(text.trim() || undefined);
        }}
      >
        <input
          className="find-field mono"
          aria-label="What colours the map"
          placeholder={'ff:0:381.value or tok:" king"'}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" className="pill">
          light up
        </button>
        {search.x && (
          <button type="button" className="pill" onClick={() => read(undefined)}>
            no colours
          </button>
        )}
        <a
          href={String(parquet)}
          download={`${model}-map.parquet`}
          className="soft"
          title="For Embedding Atlas and others"
        >
          Parquet
        </a>
      </form>
      {search.x && (
        <FilterBar
          value={{ ...search, normalize: search.normalize ?? 'cosine' }}
          filters={[]}
          fold={false}
          onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false })}
        />
      )}
      <Answer query={query} what="Making the map">
        {({ points, labels, scores }) => (
          <Stale when={query.isPlaceholderData}>
            <Shown {...{ model, points, labels, scores }} x={search.x} />
          </Stale>
        )}
      </Answer>
    </article>
  );
}

interface ShownProps {
  model: string;
  points: string;
  labels: string[];
  scores: string | null;
  x: string | undefined;
}

function Shown({ model, points, labels, scores, x }: ShownProps) {
  const navigate = route.useNavigate();
  const mapped = useMemo(
    (): Mapped => ({ points: numbersOf(points), labels, scores: scores === null ? undefined : numbersOf(scores) }),
    [points, labels, scores],
  );
  const [chosen, setChosen] = useState<ReadonlySet<number>>(NONE);
  return (
    <div className="map-columns">
      <MapCanvas
        {...mapped}
        chosen={chosen}
        figure={
          x === undefined
            ? { title: `${model}: all its words` }
            : { title: `${x} among the words of ${model}`, normalised: 'cosine' }
        }
        onChoose={(tokens) => setChosen(new Set(tokens))}
        onOpen={(id) => void navigate({ to: '/m/$model/token/$id', params: { model, id } })}
      />
      <Listed model={model} mapped={mapped} chosen={chosen} />
    </div>
  );
}

interface Row {
  id: number;
  label: string;
  score: number | undefined;
}

/** What the lasso holds; without one the tokens that light up most. */
function Listed({
  model,
  mapped: { labels, scores },
  chosen,
}: {
  model: string;
  mapped: Mapped;
  chosen: ReadonlySet<number>;
}) {
  const rows = useMemo(() => {
    const ids = chosen.size > 0 ? [...chosen] : scores ? labels.map((_, id) => id) : [];
    const there = ids
      .map((id): Row => ({ id, label: labels[id]!, score: scores?.[id] }))
      .filter(({ score }) => score === undefined || !Number.isNaN(score));
    return scores ? there.sort((a, b) => b.score! - a.score!) : there;
  }, [labels, scores, chosen]);
  if (rows.length === 0) return <p className="soft">Draw a lasso, or let a reading light up.</p>;
  const columns: Column<Row>[] = [
    {
      id: 'token',
      header: 'token',
      value: ({ label }) => label,
      cell: ({ id, label }) => <TokenLabel token={{ id, label, token: label }} model={model} />,
    },
    ...(scores
      ? [
          {
            id: 'score',
            header: 'score',
            value: ({ score }: Row) => score,
            cell: ({ score }: Row) => formatScore(score ?? Number.NaN),
            numeric: true,
            width: '72px',
          },
        ]
      : []),
  ];
  return (
    <Section
      title={chosen.size > 0 ? 'Within the lasso' : 'Brightest'}
      hint={chosen.size > 0 ? plural(rows.length, 'token') : `of ${plural(rows.length, 'token')}`}
    >
      <DataTable
        label={chosen.size > 0 ? 'Tokens within the lasso' : 'Brightest tokens'}
        name="map-tokens"
        columns={columns}
        rows={rows.slice(0, LISTED)}
        rowKey={({ id }) => id}
      />
    </Section>
  );
}
