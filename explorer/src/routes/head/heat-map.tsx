import { axisX, axisY, cell } from '@observablehq/plot';
import { useCallback } from 'react';
import type { HeatMap as Reading } from '../../api/types.ts';
import { PlotFigure } from '../../components/plot-figure.tsx';
import type { Tone } from '../../components/score-bars.tsx';
import { Answer } from '../../components/states.tsx';
import { formatScore } from '../../format.ts';
import type { HeadAnswers } from './use-head.ts';

interface Cell {
  first: number;
  second: number;
  score: number;
  pair: string;
}

/** The strongest tokens of either side against each other: exact scores, the opposite pole in its own colour. */
export function HeatMap({ query, tone, name }: { query: HeadAnswers['heatMap']; tone: Tone; name: string }) {
  return (
    <Answer query={query} progress={query.progress} what="Reading the strongest tokens">
      {(map) => <HeatMapPlot map={map} tone={tone} name={name} />}
    </Answer>
  );
}

function HeatMapPlot({ map, tone, name }: { map: Reading; tone: Tone; name: string }) {
  const options = useCallback(
    (width: number) => {
      const cells = cellsOf(map);
      const most = cells.reduce((largest, { score }) => Math.max(largest, Math.abs(score)), 0) || 1;
      const labels = { first: map.first.map(labelOf), second: map.second.map(labelOf) };
      const axis = { tickSize: 0, label: null, fontFamily: 'var(--mono)', fontSize: 11 } as const;
      return {
        height: Math.min(width, 560),
        marginLeft: margin(labels.first),
        marginTop: margin(labels.second),
        marginBottom: 4,
        marginRight: 8,
        x: { domain: map.second.map((_, at) => at) },
        y: { domain: map.first.map((_, at) => at) },
        marks: [
          cell(cells, {
            x: 'second',
            y: 'first',
            fill: ({ score }: Cell) => `var(--${score < 0 ? 'opposite' : tone})`,
            fillOpacity: ({ score }: Cell) => Math.abs(score) / most,
            inset: 0.5,
            rx: 2,
            title: ({ pair, score }: Cell) => `${pair}  ${formatScore(score)}`,
          }),
          axisX({ ...axis, anchor: 'top', tickRotate: -90, tickFormat: (at: number) => labels.second[at] }),
          axisY({ ...axis, tickFormat: (at: number) => labels.first[at] }),
        ],
      };
    },
    [map, tone],
  );
  return (
    <PlotFigure
      label={`Heat map of ${map.first.length} by ${map.second.length} tokens; its table is offered below`}
      name={`${name}-heat-map`}
      rows={() =>
        map.first.flatMap((first, i) =>
          map.second.map((second, j) => ({ first: first.token, second: second.token, score: map.scores[i][j] })),
        )
      }
      options={options}
    />
  );
}

const MOST_CHARACTERS = 14;

const labelOf = ({ label }: { label: string }): string =>
  label.length <= MOST_CHARACTERS ? label : `${label.slice(0, MOST_CHARACTERS - 1)}…`;

const margin = (labels: readonly string[]): number => 12 + 6.8 * Math.max(1, ...labels.map((label) => label.length));

function cellsOf({ first, second, scores }: Reading): Cell[] {
  return scores.flatMap((row, i) =>
    row.map((score, j) => ({ first: i, second: j, score, pair: `${first[i].label} → ${second[j].label}` })),
  );
}
