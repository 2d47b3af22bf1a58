import type { Applied, RankedTokens, ScoreDistribution, ScoredToken } from '../../api/types.ts';
import { Bar, type Tone } from '../../components/bar.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Histogram } from '../../components/histogram.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { ScoreBars } from '../../components/score-bars.tsx';
import { Section } from '../../components/section.tsx';
import { Empty } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { sampleInWords } from '../../export/figure.ts';
import { listOf, listsSvg } from '../../export/lists.ts';
import { plural, scoreFormat } from '../../format.ts';
import { SHOWN, shownInWords } from './shown.ts';

interface PartColumnProps {
  title: string;
  hint: string;
  tone: Tone;
  /** Begins the names of saved files. */
  name: string;
  model: string;
  /** `Neuron 4:100`. */
  place: string;
  tokens: RankedTokens;
  /** Undefined while it is on its way. */
  distribution: ScoreDistribution | undefined;
  /** Of a preview: what its normaliser was taken from. */
  sample: Applied['preview'];
}

/** Longer lists scroll in a table of their own. */
const BARS = 100;

/** One vector of a neuron: all its scores, its first tokens, and those of the opposite pole. */
export function PartColumn({ title, hint, tone, name, model, place, tokens, distribution, sample }: PartColumnProps) {
  const { top, bottom } = tokens;
  const from = top.at(-1)?.score;
  const to = bottom.at(-1)?.score;
  const full = Math.max(top[0]?.score ?? 0, Math.abs(bottom[0]?.score ?? 0));
  const format = scoreFormat([...top, ...bottom].map(({ score }) => score));
  const lower = title.toLowerCase();
  return (
    <Section title={title} hint={hint}>
      <div className="neuron-histogram">
        {distribution && (
          <>
            <Histogram
              label={`the ${lower}’s scores`}
              name={`${name}-histogram`}
              place={place}
              normalised="freq"
              bins={distribution}
              tone={tone}
              shown={{ from, to }}
            />
            <p className="soft" title={SHOWN}>
              {shownInWords(top.length, from, distribution)}
            </p>
          </>
        )}
      </div>
      {top.length === 0 && <Empty>No token passes the filters.</Empty>}
      {top.length <= BARS ? (
        <ScoreBars label={`${title}, top tokens`} tokens={top} tone={tone} model={model} max={full} format={format} />
      ) : (
        <LongList label={`${title}, top tokens`} name={name} tokens={top} tone={tone} model={model} max={full} />
      )}
      <h3 className="opposite-pole soft">opposite pole</h3>
      <ScoreBars
        label={`${title}, opposite pole`}
        tokens={bottom}
        tone="opposite"
        model={model}
        max={full}
        format={format}
      />
      <SaveMenu
        label={`${lower} tokens`}
        name={name}
        rows={() =>
          [...top, ...bottom].map(({ id, token, label, score, margin }) => ({
            ...{ id, token, label, score },
            ...(margin !== undefined && { preview_margin: margin }),
          }))
        }
        json={() => (sample ? { preview: sample, ...tokens } : tokens)}
        figure={{
          title: `${place}: its ${lower} as words`,
          what: `the ${plural(top.length, 'highest token')} and the ${bottom.length} lowest${sampleInWords(sample)}`,
          axes: 'bar: score',
          legend: [
            { tone, label: `${lower}, highest` },
            { tone: 'opposite', label: `${lower}, lowest` },
          ],
          normalised: 'freq',
          svg: () => listsSvg([listOf(title, tone, tokens)]),
        }}
      />
    </Section>
  );
}

function LongList({
  label,
  name,
  tokens,
  tone,
  model,
  max,
}: {
  label: string;
  name: string;
  tokens: readonly ScoredToken[];
  tone: Tone;
  model: string;
  max: number;
}) {
  const format = scoreFormat(tokens.map(({ score }) => score));
  const columns: Column<ScoredToken>[] = [
    {
      id: 'token',
      header: 'token',
      value: ({ token }) => token,
      cell: (token) => <TokenLabel token={token} model={model} />,
    },
    {
      id: 'score',
      header: 'score',
      numeric: true,
      width: '52px',
      value: ({ score }) => score,
      cell: ({ score }) => format(score),
    },
    ...(tokens[0]?.margin === undefined
      ? []
      : [
          {
            id: 'preview_margin',
            header: '±',
            title: 'Of a preview: for 95 % of tokens the exact score is within it',
            numeric: true,
            width: '52px',
            value: ({ margin }: ScoredToken) => margin,
            cell: ({ margin }: ScoredToken) => format(margin ?? 0),
          },
        ]),
    {
      id: 'bar',
      header: '',
      width: '64px',
      value: () => undefined,
      cell: ({ score }) => <Bar value={score} max={max} />,
    },
  ];
  return (
    <DataTable
      label={label}
      name={name}
      className={tone}
      columns={columns}
      rows={tokens}
      rowKey={({ id }) => id}
      visible={24}
    />
  );
}
