import { useRef } from 'react';
import type { ScoredToken } from '../api/types.ts';
import { SaveMenu } from '../components/save-menu.tsx';
import { formatScore } from '../format.ts';
import { type MapDrawing, mapFigure } from './drawing.ts';
import { withoutOverlap } from './labels.ts';

const SIDE = 400;
const MARGIN = 34;

/**
 * Tokens on paper, the strongest largest; where there is no room for a word there is a dot, with the word as its
 * tooltip.
 */
export function FlatMap({ tokens, points, tone, label, name, place }: MapDrawing) {
  const svg = useRef<SVGSVGElement>(null);
  const best = tokens[0]?.score ?? 1;
  const placed = tokens.map((token, i) => {
    const size = 9 + 4 * Math.max(0, token.score / best) ** 2;
    return {
      token,
      size,
      x: SIDE / 2 + points[2 * i]! * (SIDE / 2 - MARGIN),
      y: SIDE / 2 - points[2 * i + 1]! * (SIDE / 2 - MARGIN / 2),
      width: [...token.label].length * size * 0.61 + 3,
      height: size * 1.05,
    };
  });
  const written = withoutOverlap(placed);
  return (
    <figure className={tone}>
      <svg ref={svg} viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={label} className="flat-map">
        {placed.map(
          ({ token, x, y }, i) =>
            !written[i] && (
              <circle key={token.id} cx={x} cy={y} r={1.6} fill={`var(--${tone})`} opacity={0.55}>
                <title>{titleOf(token)}</title>
              </circle>
            ),
        )}
        {placed.map(
          ({ token, x, y, size }, i) =>
            written[i] && (
              <text
                key={token.id}
                x={x}
                y={y}
                fontSize={size}
                textAnchor="middle"
                dominantBaseline="central"
                fill={`var(--${tone})`}
                stroke="var(--paper)"
                strokeWidth={3}
                paintOrder="stroke"
              >
                <title>{titleOf(token)}</title>
                {token.label}
              </text>
            ),
        )}
      </svg>
      <SaveMenu
        label="map"
        name={name}
        rows={() =>
          tokens.map(({ id, token, score }, i) => ({ id, token, score, x: points[2 * i]!, y: points[2 * i + 1]! }))
        }
        figure={{ ...mapFigure(place, label, tone), svg: () => svg.current }}
      />
    </figure>
  );
}

const titleOf = ({ label, score }: ScoredToken) => `${label} ${formatScore(score)}`;
