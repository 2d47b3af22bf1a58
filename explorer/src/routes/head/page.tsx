import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { modelQuery } from '../../api/queries.ts';
import type { HeadMatrix, ModelInfo, TokenPair } from '../../api/types.ts';
import { ChanceLine } from '../../components/chance-line.tsx';
import { PlacePicker } from '../../components/place-picker.tsx';
import { PreviewLine } from '../../components/preview-line.tsx';
import { Section } from '../../components/section.tsx';
import { Answer } from '../../components/states.tsx';
import { useSettling } from '../../components/use-settling.ts';
import { SomeTokens } from '../../guide/some-tokens.tsx';
import { Term } from '../../guide/term.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { JustTheMiddle } from '../../layout/middle.tsx';
import { ShareBar } from '../../share/share-bar.tsx';
import { Controls, type HeadChange } from './controls.tsx';
import { Directions } from './directions.tsx';
import { HeatMap } from './heat-map.tsx';
import { MATRICES } from './matrices.ts';
import type { HeadPlace } from './queries.ts';
import { matrixOf } from './search.ts';
import { Selected } from './selected.tsx';
import { CopyingLine, StatisticsTable } from './statistics.tsx';
import { useHead } from './use-head.ts';
import './head.css';

const route = getRouteApi('/m/$model/head/$layer/$head');

export function HeadPage() {
  const { model, layer, head } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onChange = (change: HeadChange): void => {
    // What is chosen is of this matrix, whichever one an address without a name means one day.
    void navigate({
      search: (previous) => ({ ...previous, matrix: matrixOf(previous), ...change }),
      resetScroll: false,
    });
  };
  const [beyond, setBeyond] = useSettling(search.beyond, (value) => onChange({ beyond: value }), 150);
  const place: HeadPlace = { model, layer, head, search };
  const answers = useHead(place, beyond);
  const about = useQuery(modelQuery(model));
  const matrix = matrixOf(search);
  const { name, what, tone, headings } = MATRICES[matrix];
  const file = `head-${layer}-${head}-${matrix}`;
  return (
    <article className="head-page" aria-label={`Head ${layer}:${head}`}>
      <ShareBar />
      <PlacePicker
        what="Head"
        layer={layer}
        index={head}
        layers={about.data?.layers}
        count={about.data?.heads}
        onPick={(toLayer, toHead) => {
          const { id: _, side: __, beyond: ___, pair: ____, ...kept } = search;
          const params = { model, layer: toLayer, head: toHead };
          void navigate({ to: '/m/$model/head/$layer/$head', params, search: kept, resetScroll: false });
        }}
      />
      <p className="page-line">
        {name}: {what} · <CopyingLine statistics={answers.statistics} />
        {about.data && <Sharing model={about.data} head={head} />}
      </p>
      <JustTheMiddle model={model} kind="head" />
      <WhatIsThis>
        <HeadInWords matrix={matrix} pair={answers.pairs.data?.[matrix]?.pairs[0]} />
      </WhatIsThis>
      <Controls search={search} answers={answers} beyond={beyond} onBeyond={setBeyond} onChange={onChange} />
      <PreviewLine began={answers.pairs.began} exact={answers.exact} wait={answers.pairs} />
      {!answers.pairs.error && answers.asksChance && !answers.chance.error && (
        <ChanceLine what="heads" lists={answers.chance.data && [[name, answers.chance.data[matrix] ?? {}]]} />
      )}
      <Answer query={answers.pairs} what="Reading the best pairs">
        {({ [matrix]: reading, applied }) =>
          // While the other matrix is on its way, the answer is still of the one before.
          reading && (
            <Selected
              place={place}
              reading={reading}
              applied={applied}
              exact={answers.exact}
              held={answers.pairs.began !== undefined}
              stale={answers.pairs.isPlaceholderData}
              file={file}
              onChange={onChange}
            />
          )
        }
      </Answer>
      {!answers.pairs.error && (
        <>
          <div className="part columns halves">
            <Section title="Heat map" hint="of the strongest tokens">
              <HeatMap query={answers.heatMap} place={place} tone={tone} name={file} onChange={onChange} />
            </Section>
            <Section title="Statistics" hint="of the weights as they are, each with what chance gives">
              <StatisticsTable statistics={answers.statistics} name={file} />
            </Section>
          </div>
          <div className="part">
            <Section title="Singular directions" hint={`of ${name}, as words`}>
              <Directions query={answers.spectrum} place={place} headings={headings} tone={tone} name={file} />
            </Section>
          </div>
        </>
      )}
    </article>
  );
}

/** What the head does, with the first pair of the list. */
function HeadInWords({ matrix, pair }: { matrix: HeadMatrix; pair: TokenPair | undefined }) {
  const [first, second] = pair ? [[pair.first.label], [pair.second.label]] : [[], []];
  return (
    <>
      An attention head looks from one word at another (<Term name="QK" />
      ), and when it looks at a word it writes another (
      <Term name="VO" />
      ).{' '}
      {pair && matrix === 'qk' && (
        <>
          The first <Term name="pair" /> of QK: a place with <SomeTokens labels={first} tone="read" /> looks for one
          with <SomeTokens labels={second} tone="read" />.{' '}
        </>
      )}
      {pair && matrix === 'vo' && (
        <>
          The first <Term name="pair" /> of VO: when the head looks at <SomeTokens labels={first} tone="read" />, it
          writes <SomeTokens labels={second} tone="write" />.{' '}
        </>
      )}
      The list is the best of all pairs of words that there are, and the number of pairs beyond a{' '}
      <Term name="threshold" /> is exact.
    </>
  );
}

/** With grouped queries, the heads that have the same keys and values. */
function Sharing({ model: { heads, kvHeads }, head }: { model: ModelInfo; head: number }) {
  if (kvHeads === heads) return null;
  const size = heads / kvHeads;
  const first = Math.floor(head / size) * size;
  const others = Array.from({ length: size }, (_, i) => first + i).filter((one) => one !== head);
  return (
    <>
      {' '}
      · keys and values shared with head{others.length > 1 && 's'} {others.join(', ')}
    </>
  );
}
