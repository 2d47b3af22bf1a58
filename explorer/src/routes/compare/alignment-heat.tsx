import { useRef, useState } from 'react';
import type { Alignment, ModelInfo } from '../../api/types.ts';
import { useRoving } from '../../components/roving.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { useWidth } from '../../components/use-width.ts';
import { formatP, formatScore } from '../../format.ts';
import '../head/heat-map.css';

interface AlignmentHeatProps {
  alignment: Alignment;
  a: ModelInfo;
  b: ModelInfo;
}

const LEFT = 34;
const TOP = 22;

/** Layers against layers: the shade is the mean of |correlation|, from the least to the most of all cells. */
export function AlignmentHeat({ alignment, a, b }: AlignmentHeatProps) {
  const { layersA, layersB, means, matching, kind } = alignment;
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const [at, setAt] = useState<{ row: number; column: number }>();
  const { onKeyDown, cell } = useRoving(layersA.length, layersB.length, holder);
  const all = means.flat();
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const side = Math.max(7, Math.min(36, (Math.min(width, 720) - LEFT - 4) / layersB.length));
  const matched = (row: number, column: number) =>
    matching.some((pair) => pair.a === layersA[row] && pair.b === layersB[column]);
  const said = (row: number, column: number): string => {
    const p = alignment.null?.p[row]?.[column];
    const of = `layer ${layersA[row]} of ${a.id}, layer ${layersB[column]} of ${b.id}: ${formatScore(means[row]![column]!)}`;
    return `${of}${p === undefined ? '' : `, p = ${formatP(p)}`}${matched(row, column) ? ', matched' : ''}`;
  };
  const every = Math.ceil(16 / side);
  return (
    <figure className="alignment-heat">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between its cells, which take the focus. */}
      <div ref={holder} onKeyDown={onKeyDown} onMouseLeave={() => setAt(undefined)}>
        {width > 0 && (
          <svg width={LEFT + side * layersB.length + 3} height={TOP + side * layersA.length + 3}>
            <title>{`Heat map of ${layersA.length} by ${layersB.length} layers`}</title>
            <g fontSize="11" fontFamily="var(--mono)" fill="var(--soft)">
              {layersA.map((layer, row) =>
                row % every ? null : (
                  <text key={layer} x={LEFT - 6} y={TOP + side * (row + 0.5) + 4} textAnchor="end">
                    {layer}
                  </text>
                ),
              )}
              {layersB.map((layer, column) =>
                column % every ? null : (
                  <text key={layer} x={LEFT + side * (column + 0.5)} y={TOP - 7} textAnchor="middle">
                    {layer}
                  </text>
                ),
              )}
            </g>
            {means.map((row, i) =>
              row.map((mean, j) => {
                const own = cell(i, j);
                const ringed = matched(i, j);
                return (
                  // biome-ignore lint/a11y/useSemanticElements: there is no <button> in SVG.
                  <rect
                    key={`${i}:${j}`}
                    {...own}
                    role="button"
                    aria-label={said(i, j)}
                    x={LEFT + side * j + 1}
                    y={TOP + side * i + 1}
                    width={side - 2}
                    height={side - 2}
                    rx={2}
                    fill="var(--read)"
                    fillOpacity={0.06 + (0.94 * (mean - least)) / (most - least || 1)}
                    {...(ringed && { stroke: 'var(--write)', strokeWidth: 2 })}
                    onFocus={() => {
                      own.onFocus();
                      setAt({ row: i, column: j });
                    }}
                    onClick={() => setAt({ row: i, column: j })}
                    onMouseEnter={() => setAt({ row: i, column: j })}
                  />
                );
              }),
            )}
          </svg>
        )}
      </div>
      <p className="heat-look" aria-live="polite">
        {at ? (
          said(at.row, at.column)
        ) : (
          <span className="soft">
            Palest {formatScore(least)}, fullest {formatScore(most)}. Point at a cell, or go through them with the
            arrows.
          </span>
        )}
      </p>
      <SaveMenu
        label="alignment"
        name={`${a.id}-${b.id}-${kind}-alignment`}
        rows={() =>
          means.flatMap((row, i) =>
            row.map((mean, j) => ({
              layer_a: layersA[i],
              layer_b: layersB[j],
              mean,
              p: alignment.null?.p[i]?.[j],
              matched: matched(i, j),
            })),
          )
        }
        json={() => alignment}
        figure={{
          title: `${kind} vectors of ${a.id} and ${b.id}, layer by layer`,
          what: `mean |correlation| over ${alignment.size} tokens`,
          axes: `down: layers of ${a.id}; across: layers of ${b.id}; shade: from ${formatScore(least)} to ${formatScore(most)}`,
          legend: [
            { tone: 'read', label: `mean |correlation|, up to ${formatScore(most)}` },
            { tone: 'write', label: 'matched layers' },
          ],
          svg: () => holder.current?.querySelector('svg'),
        }}
      />
    </figure>
  );
}
