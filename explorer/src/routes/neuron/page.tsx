import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import {
  apiQuery,
  histogramQuery,
  modelQuery,
  neuronAsked,
  neuronChanceQuery,
  neuron as question,
} from '../../api/queries.ts';
import type {
  Applied,
  ModelInfo,
  NeuronPart,
  NeuronReading,
  RankedTokens,
  ScoreDistribution,
} from '../../api/types.ts';
import { previewed, usePreviewedQuery } from '../../api/use-previewed-query.ts';
import { AppliedNote } from '../../components/applied-note.tsx';
import { ChanceLine } from '../../components/chance-line.tsx';
import { FilterBar } from '../../components/filter-bar.tsx';
import { Pill } from '../../components/pill.tsx';
import { PlacePicker } from '../../components/place-picker.tsx';
import { PreviewLine } from '../../components/preview-line.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer } from '../../components/states.tsx';
import { type Figure, sampleInWords } from '../../export/figure.ts';
import { listOf, listsSvg } from '../../export/lists.ts';
import { formatScore } from '../../format.ts';
import { SomeTokens } from '../../guide/some-tokens.tsx';
import { Term } from '../../guide/term.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { JustTheMiddle } from '../../layout/middle.tsx';
import { TokenMap } from '../../maps/token-map.tsx';
import { ShareBar } from '../../share/share-bar.tsx';
import { type NeuronAt, neuronFile, neuronText, neuronVectorName } from '../../state/neuron-at.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { NeuronArithmetic } from './arithmetic.tsx';
import { ExpertPicker } from './expert-picker.tsx';
import { PartColumn } from './part-column.tsx';
import { PARTS } from './parts.ts';
import { RawVectors } from './raw-vectors.tsx';
import type { NeuronSearch } from './search.ts';
import { SimilarNeurons } from './similar.tsx';
import './neuron.css';

const route = getRouteApi('/m/$model/neuron/$layer/$neuron');
const COUNTS = [24, 100, 1000];
const OPPOSITE = 8;

/** Nothing of one expert's neuron stays while that of another is read. */
export function NeuronPage() {
  const { expert } = route.useSearch();
  return <OneNeuron key={expert} />;
}

function OneNeuron() {
  const { model, layer, neuron } = route.useParams();
  const search = route.useSearch();
  const { expert } = search;
  const at: NeuronAt = { layer, neuron, expert };
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const info = useQuery(modelQuery(model));
  const { k = COUNTS[0]!, part = 'value' } = search;
  const ends = { ...search, k, bottom: OPPOSITE };
  const reading = usePreviewedQuery(question, neuronAsked(model, at, ends), {
    preview: search.normalize === undefined,
    // Another normaliser or filter of the same neuron: what is shown stays until the new answer is there.
    keep: (old) => old.layer === layer && old.neuron === neuron,
  });
  // In a model with experts some layers have none, which their readings tell.
  const ofExperts = (info.data?.experts ?? 0) > 0 && (!reading.data || reading.data.expert !== undefined);
  // What needs the whole pass waits for it, so that it is in no other page's way.
  const exact = reading.data !== undefined && reading.preview === undefined;
  const histogram = useQuery({ ...histogramQuery(model, at, search), enabled: exact });
  const chance = useQuery({
    ...neuronChanceQuery(model, at, search),
    // An atlas alone has no vectors to compare with.
    enabled: exact && info.data?.live === true,
  });
  const set = (change: { [K in keyof typeof search]?: (typeof search)[K] | undefined }) =>
    navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false });

  // Experts, shared ones and layers without any differ in size.
  const count = info.data?.experts === 0 ? info.data.neurons : undefined;
  const last = (count ?? 1) - 1;
  useEffect(() => {
    if (neuron >= last || !exact) return;
    const next = neuronAsked(model, { layer, neuron: neuron + 1, expert }, { ...search, k, bottom: OPPOSITE });
    void client.prefetchQuery(apiQuery(question, search.normalize === undefined ? previewed(next) : next));
  }, [client, model, layer, neuron, expert, last, search, k, exact]);

  return (
    <>
      <ShareBar />
      <PlacePicker
        what="Neuron"
        layer={layer}
        index={neuron}
        expert={expert}
        layers={info.data?.layers}
        count={count}
        onPick={(toLayer, toNeuron, toExpert) =>
          navigate({
            to: '/m/$model/neuron/$layer/$neuron',
            params: { model, layer: toLayer, neuron: toNeuron },
            search: ({ vector: _, ...kept }) => ({ ...kept, expert: toExpert || undefined }),
            resetScroll: false,
          })
        }
      >
        {info.data && ofExperts && (
          <ExpertPicker
            expert={expert ?? 0}
            experts={info.data.experts}
            shared={info.data.sharedExpert}
            onPick={(to) => set({ expert: to || undefined, vector: undefined })}
          />
        )}
      </PlacePicker>
      <p className="page-line">{reading.data ? inWords(reading.data, histogram.data?.parts.value) : ' '}</p>
      <JustTheMiddle model={model} kind="neuron" />
      <WhatIsThis>
        {reading.data ? <NeuronInWords parts={reading.data.parts} /> : 'One unit of a feed-forward layer.'}
      </WhatIsThis>
      <div className="neuron-controls">
        <FilterBar value={search} onChange={set} />
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="Tokens per list">
          {COUNTS.map((count) => (
            <Pill key={count} pressed={k === count} onClick={() => set({ k: count === COUNTS[0] ? undefined : count })}>
              {count.toLocaleString('en-US')}
            </Pill>
          ))}
          <span className="soft">tokens</span>
        </div>
      </div>
      <PreviewLine began={reading.began} exact={exact} wait={reading} />
      {info.data?.live && !reading.error && !chance.error && (
        <ChanceLine
          what="neurons"
          lists={
            chance.data &&
            PARTS.flatMap(({ part }) => {
              const read = chance.data.parts[part];
              return read ? [[part, read] as const] : [];
            })
          }
        />
      )}
      <Answer query={reading} what="Reading the neuron">
        {({ parts, applied, normalize }) => (
          <Stale className="neuron-parts" when={reading.isPlaceholderData}>
            {PARTS.map(({ part: name, ...how }) => {
              const tokens = parts[name];
              if (!tokens) return null;
              return (
                <PartColumn
                  key={name}
                  {...how}
                  name={`${neuronFile(at)}-${name}`}
                  model={model}
                  place={`Neuron ${neuronText(at)}`}
                  tokens={tokens}
                  distribution={histogram.data?.parts[name]}
                  sample={reading.preview}
                />
              );
            })}
            <div className="neuron-side">
              <Section
                title={`Map of its top ${part} tokens`}
                hint={
                  <>
                    near means alike ·{' '}
                    <Link
                      to="/m/$model/map"
                      params={{ model }}
                      search={{ x: neuronVectorName(at, part) }}
                      preload={false}
                    >
                      among all words
                    </Link>
                  </>
                }
              >
                <TokenMap
                  model={model}
                  at={at}
                  part={part}
                  tone={PARTS.find((one) => one.part === part)!.tone}
                  search={search}
                  ready={exact}
                  method={search.map ?? 'tsne'}
                  space={search.space === true}
                  onChange={set}
                />
              </Section>
              <AppliedNote applied={applied} normalize={normalize} />
              <SaveMenu
                label="all lists"
                name={neuronFile(at)}
                json={() => reading.data}
                figure={neuronFigure(at, parts, reading.preview)}
              />
            </div>
          </Stale>
        )}
      </Answer>
      {info.data && !reading.error && (
        <More info={info.data} at={at} part={part} search={search} set={set} first={reading.data} />
      )}
    </>
  );
}

interface MoreProps {
  info: ModelInfo;
  at: NeuronAt;
  part: NeuronPart;
  search: NeuronSearch & ReadingSearch;
  set: (change: { part?: 'key' | 'up' | undefined; vector?: string | undefined }) => void;
  first: NeuronReading | undefined;
}

/** Below the lists: one part at a time. */
function More({ info, at, part, search, set, first }: MoreProps) {
  const { id: model, parts } = info;
  return (
    <div className="neuron-more part">
      {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
      <div role="group" aria-label="Part on the map and below" className="choices">
        <span className="soft">the map above and what is below are of its</span>
        {parts.map((name) => (
          <Pill key={name} pressed={part === name} onClick={() => set({ part: name === 'value' ? undefined : name })}>
            {name}
          </Pill>
        ))}
      </div>
      <SimilarNeurons model={model} at={at} part={part} />
      {/* An atlas alone has no vectors. */}
      {info.live && (
        <>
          <NeuronArithmetic
            model={model}
            at={at}
            part={part}
            search={search}
            first={first}
            onRead={(vector) => set({ vector: vector || undefined })}
          />
          <RawVectors model={model} at={at} part={part} />
        </>
      )}
    </div>
  );
}

/** What the neuron does, with its own tokens. */
function NeuronInWords({ parts: { key, up, value } }: Pick<NeuronReading, 'parts'>) {
  const labels = (tokens: readonly { label: string }[] | undefined, count: number) =>
    (tokens ?? []).slice(0, count).map(({ label }) => label);
  return (
    <>
      This neuron reads with its <Term name="key" />: it fires where the text so far points towards{' '}
      <SomeTokens labels={labels(key?.top, 3)} tone="read" />, and not where it points towards{' '}
      <SomeTokens labels={labels(key?.bottom, 2)} tone="opposite" />. Then it adds its <Term name="value" /> to what the
      model is about to say: <SomeTokens labels={labels(value?.top, 3)} tone="write" /> become more likely,{' '}
      <SomeTokens labels={labels(value?.bottom, 2)} tone="opposite" /> less
      {up && (
        <>
          , {isNegative(up) ? 'but' : 'and'} the other way round where its <Term name="up" /> is negative,{' '}
          {isNegative(up) ? 'as it is most strongly' : 'most of all'} where the text points towards{' '}
          <SomeTokens labels={labels(up.bottom, 2)} tone="opposite" />
        </>
      )}
      . Each number is a <Term name="score" />, divided by the word’s mean where <Term name="freq" /> is chosen.
    </>
  );
}

/** Whether the part's lowest score is further out than its first. */
const isNegative = ({ top, bottom }: RankedTokens): boolean => -(bottom[0]?.score ?? 0) > (top[0]?.score ?? 0);

/** `|key| 1.31 · |value| 1.02 · cos(key, value) 0.04 · kurtosis of the value's scores 5.2` */
function inWords({ norms, cosines }: NeuronReading, scores: ScoreDistribution | undefined): string {
  const lengths = Object.entries(norms).map(([part, norm]) => `|${part}| ${formatScore(norm)}`);
  return [
    'reads its key, writes its value',
    ...lengths,
    ...(cosines.keyValue === undefined ? [] : [`cos(key, value) ${formatScore(cosines.keyValue)}`]),
    ...(cosines.keyUp === undefined ? [] : [`cos(key, up) ${formatScore(cosines.keyUp)}`]),
    // Its room is kept while it is on its way.
    `kurtosis of the value’s scores ${scores ? formatScore(scores.kurtosis) : '…'}`,
  ].join(' · ');
}

/** Key, up and value side by side. */
function neuronFigure(at: NeuronAt, parts: NeuronReading['parts'], sample: Applied['preview']): Figure {
  const there = PARTS.flatMap((how) => (parts[how.part] ? [{ ...how, tokens: parts[how.part]! }] : []));
  const [first] = there;
  return {
    title: `Neuron ${neuronText(at)} as words`,
    what: `per part the first ${Math.min(LISTED, first?.tokens.top.length ?? 0)} tokens and the last ${first?.tokens.bottom.length ?? 0}${sampleInWords(sample)}`,
    axes: 'bar: score, each part on its own scale',
    legend: [
      ...there.map(({ title, hint, tone }) => ({ tone, label: `${title.toLowerCase()}: ${hint}` })),
      { tone: 'opposite', label: 'opposite pole' },
    ],
    normalised: 'freq',
    svg: () =>
      listsSvg(
        there.map(({ title, tone, tokens: { top, bottom } }) =>
          listOf(title, tone, { top: top.slice(0, LISTED), bottom }),
        ),
      ),
  };
}

/** More words make no better picture. */
const LISTED = 16;
