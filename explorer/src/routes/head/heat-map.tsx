import { useMemo, useRef, useState } from 'react';
import type { HeatMap as Reading } from '../../api/types.ts';
import type { Tone } from '../../components/bar.tsx';
import { useRoving } from '../../components/roving.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Answer } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { useWidth } from '../../components/use-width.ts';
import { formatScore } from '../../format.ts';
import type { HeadChange } from './controls.tsx';
import { HeatLegend } from './heat-legend.tsx';
import { MATRICES } from './matrices.ts';
import type { HeadPlace } from './queries.ts';
import { matrixOf } from './search.ts';
import type { HeadAnswers } from './use-head.ts';
import './heat-map.css';

interface HeatMapProps {
  query: HeadAnswers['heatMap'];
  place: HeadPlace;
  tone: Tone;
  name: string;
  onChange: (change: HeadChange) => void;
}

/** The strongest tokens of either side against each other: exact scores, the opposite pole in its own colour. */
export function HeatMap({ query, ...props }: HeatMapProps) {
  return (
    <Answer query={query} what="Reading the strongest tokens">
      {(map) => <HeatMapPlot map={map} {...props} />}
    </Answer>
  );
}

/** A cell under the pointer or the focus. */
interface At {
  row: number;
  column: number;
}

function HeatMapPlot({ map, place, tone, name, onChange }: Omit<HeatMapProps, 'query'> & { map: Reading }) {
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const [at, setAt] = useState<At>();
  const { onKeyDown, cell } = useRoving(map.first.length, map.second.length, holder);
  const most = useMemo(() => mostOf(map), [map]);
  const labels = { first: map.first.map(labelOf), second: map.second.map(labelOf) };
  const [left, top] = [margin(labels.first), margin(labels.second)];
  const side = Math.max(6, Math.min(22, (Math.min(width, 620) - left - 4) / map.second.length));
  const { headings } = MATRICES[matrixOf(place.search)];
  const read = ({ row }: At): void => onChange({ id: map.first[row]!.id, side: undefined });
  return (
    <figure className="heat-map">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between its cells, which are the buttons. */}
      <div ref={holder} onKeyDown={onKeyDown} onMouseLeave={() => setAt(undefined)}>
        {width > 0 && (
          <svg width={left + side * map.second.length + 2} height={top + side * map.first.length + 2}>
            <title>{`Heat map of ${map.first.length} by ${map.second.length} tokens`}</title>
            <g fontSize="11" fontFamily="var(--mono)" fill="var(--soft)">
              {labels.first.map((label, row) => (
                <text key={row} x={left - 5} y={top + side * (row + 0.5) + 4} textAnchor="end">
                  {label}
                </text>
              ))}
              {labels.second.map((label, column) => (
                <text key={column} transform={`translate(${left + side * (column + 0.5) + 4} ${top - 5}) rotate(-90)`}>
                  {label}
                </text>
              ))}
            </g>
            {map.scores.map((scores, row) =>
              scores.map((score, column) => {
                const own = cell(row, column);
                return (
                  // biome-ignore lint/a11y/useSemanticElements: there is no <button> in SVG.
                  <rect
                    key={`${row}:${column}`}
                    {...own}
                    role="button"
                    aria-label={`${map.first[row]!.label} → ${map.second[column]!.label}, ${formatScore(score)}: read the row`}
                    x={left + side * column + 0.5}
                    y={top + side * row + 0.5}
                    width={side - 1}
                    height={side - 1}
                    rx={2}
                    fill={`var(--${score < 0 ? 'opposite' : tone})`}
                    fillOpacity={Math.abs(score) / most}
                    onFocus={() => {
                      own.onFocus();
                      setAt({ row, column });
                    }}
                    onMouseEnter={() => setAt({ row, column })}
                    onClick={() => read({ row, column })}
                    onKeyDown={(event) => {
                      if (event.key !== 'Enter' && event.key !== ' ') return;
                      event.preventDefault();
                      read({ row, column });
                    }}
                  />
                );
              }),
            )}
          </svg>
        )}
      </div>
      <p className="heat-look" aria-live="polite">
        {at && map.first[at.row] && map.second[at.column] ? (
          <>
            <TokenLabel token={map.first[at.row]!} model={place.model} /> →{' '}
            <TokenLabel token={map.second[at.column]!} model={place.model} />{' '}
            <b className="number">{formatScore(map.scores[at.row]![at.column]!)}</b>
          </>
        ) : (
          <span className="soft">
            Down: {headings.first}. Across: {headings.second}. A click reads the row above.
          </span>
        )}
      </p>
      <HeatLegend most={most} tone={tone} signed={map.scores.some((row) => row.some((score) => score < 0))} />
      <SaveMenu
        label="heat map"
        name={`${name}-heat-map`}
        rows={() =>
          map.first.flatMap((first, i) =>
            map.second.map((second, j) => ({ first: first.token, second: second.token, score: map.scores[i]![j]! })),
          )
        }
        figure={{
          title: `Head ${place.layer}:${place.head}: ${MATRICES[matrixOf(place.search)].name} of its strongest tokens`,
          what: `${map.first.length} × ${map.second.length} tokens, every cell exact`,
          axes: `down: ${headings.first}; across: ${headings.second}; shade: score, full at ${formatScore(most)}`,
          legend: [
            { tone, label: `positive, up to ${formatScore(most)}` },
            { tone: 'opposite', label: 'negative' },
          ],
          normalised: 'freq',
          svg: () => holder.current?.querySelector('svg'),
        }}
      />
    </figure>
  );
}

const MOST_CHARACTERS = 14;

const labelOf = ({ label }: { label: string }): string =>
  label.length <= MOST_CHARACTERS ? label : `${label.slice(0, MOST_CHARACTERS - 1)}…`;

const margin = (labels: readonly string[]): number => 12 + 6.8 * Math.max(1, ...labels.map((label) => label.length));

const mostOf = ({ scores }: Reading): number =>
  scores.flat().reduce((largest, score) => Math.max(largest, Math.abs(score)), 0) || 1;
