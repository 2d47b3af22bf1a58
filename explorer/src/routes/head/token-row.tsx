import { head } from '../../api/queries.ts';
import type { Token } from '../../api/types.ts';
import { usePreviewedQuery } from '../../api/use-previewed-query.ts';
import type { Tone } from '../../components/bar.tsx';
import { Pill } from '../../components/pill.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { ScoreBars } from '../../components/score-bars.tsx';
import { Section } from '../../components/section.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer } from '../../components/states.tsx';
import { TokenPicker } from '../../components/token-picker.tsx';
import { sampleInWords } from '../../export/figure.ts';
import { listOf, listsSvg } from '../../export/lists.ts';
import { MATRICES } from './matrices.ts';
import { type HeadPlace, of, rowQuery } from './queries.ts';
import { type HeadSearch, matrixOf } from './search.ts';

interface TokenRowProps {
  place: HeadPlace;
  token: Token | undefined;
  /** The exact row may be asked for. */
  exact: boolean;
  tone: Tone;
  name: string;
  onChange: (change: Partial<Pick<HeadSearch, 'id' | 'side'>>) => void;
}

/** What the head does with one token: its row, or its column, as ranked tokens. */
export function TokenRow({ place, token, exact, tone, name, onChange }: TokenRowProps) {
  const { model, search } = place;
  const side = search.side ?? 'first';
  const query = usePreviewedQuery(head.row, of(place, rowQuery(place, token?.id ?? 0)), {
    preview: search.normalize === undefined,
    enabled: token !== undefined,
    ready: exact,
    keep: () => true,
  });
  const { preview: sample } = query;
  return (
    <Section title="One token">
      <div className="row-controls">
        <TokenPicker
          label="Token whose row or column is read"
          model={model}
          placeholder="another token"
          onPick={({ id }) => onChange({ id })}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="Side">
          <Pill pressed={side === 'first'} onClick={() => onChange({ side: undefined })}>
            row
          </Pill>
          <Pill pressed={side === 'second'} onClick={() => onChange({ side: 'second' })}>
            column
          </Pill>
        </div>
      </div>
      {token && (
        <Answer query={query} what="Reading the row">
          {(row) => (
            <Stale className="row-answer" when={query.isPlaceholderData}>
              <p className="row-heading">
                {sentence(matrixOf(search), side, <b className="token">{row.token.label}</b>)}
              </p>
              <ScoreBars label="Most" tokens={row.top} tone={tone} model={model} />
              {row.bottom.length > 0 && (
                <>
                  <p className="soft least">and least</p>
                  <ScoreBars
                    label="Least"
                    tokens={row.bottom}
                    tone="opposite"
                    model={model}
                    max={Math.max(...[...row.top, ...row.bottom].map(({ score }) => Math.abs(score)))}
                  />
                </>
              )}
              <SaveMenu
                label={`${side === 'first' ? 'row' : 'column'} of ${row.token.label}`}
                name={`${name}-${side === 'first' ? 'row' : 'column'}-${row.token.id}`}
                rows={() =>
                  [...row.top, ...row.bottom].map(({ id, token, score, margin }) => ({
                    ...{ id, token, score },
                    ...(margin !== undefined && { preview_margin: margin }),
                  }))
                }
                figure={{
                  title: `Head ${place.layer}:${place.head}, ${MATRICES[matrixOf(search)].name}: ${side === 'first' ? 'row' : 'column'} of ${row.token.label}`,
                  what: `the ${row.top.length} highest and ${row.bottom.length} lowest tokens${sampleInWords(sample)}`,
                  axes: 'bar: score',
                  legend: [
                    { tone, label: 'highest' },
                    { tone: 'opposite', label: 'lowest' },
                  ],
                  normalised: 'freq',
                  excluded: search.exclude,
                  svg: () => listsSvg([listOf(row.token.label, tone, row)]),
                }}
              />
            </Stale>
          )}
        </Answer>
      )}
    </Section>
  );
}

function sentence(matrix: 'vo' | 'qk', side: 'first' | 'second', token: React.ReactNode) {
  if (matrix === 'vo') {
    return side === 'first' ? <>When it reads {token}, it writes</> : <>It writes {token} when it reads</>;
  }
  return side === 'first' ? <>A query at {token} looks for</> : <>A key at {token} is looked for by</>;
}
