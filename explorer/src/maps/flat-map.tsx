import { useRef } from 'react';
import { SaveMenu } from '../components/save-menu.tsx';
import { withoutOverlap } from './labels.ts';
import type { MapDrawing } from './token-map.tsx';

const SIDE = 400;
const MARGIN = 34;

/** Tokens on paper, the strongest largest; where there is no room for a word there is a dot, with the word as its tooltip. */
export function FlatMap({ tokens, points, tone, label, name }: MapDrawing) {
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
        {placed.map(({ token, x, y, size }, i) =>
          written[i] ? (
            <text
              key={token.id}
              x={x}
              y={y}
              fontSize={size}
              textAnchor="middle"
              dominantBaseline="central"
              fill={`var(--${tone})`}
            >
              <title>{`${token.label} ${token.score.toFixed(2)}`}</title>
              {token.label}
            </text>
          ) : (
            <circle key={token.id} cx={x} cy={y} r={1.6} fill={`var(--${tone})`} opacity={0.55}>
              <title>{`${token.label} ${token.score.toFixed(2)}`}</title>
            </circle>
          ),
        )}
      </svg>
      <SaveMenu
        label="map"
        name={name}
        rows={() =>
          tokens.map(({ id, token, score }, i) => ({ id, token, score, x: points[2 * i]!, y: points[2 * i + 1]! }))
        }
        svg={() => svg.current}
      />
    </figure>
  );
}
