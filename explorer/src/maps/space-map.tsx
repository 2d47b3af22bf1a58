import { useEffect, useRef, useState } from 'react';
import { SaveMenu } from '../components/save-menu.tsx';
import { useWidth } from '../components/use-width.ts';
import { escaped, svgOf } from '../export/element.ts';
import { color, useScheme } from '../style/theme.ts';
import { type MapDrawing, mapFigure } from './drawing.ts';
import { withoutOverlap } from './labels.ts';
import { dragged, look, type View } from './rotation.ts';

const STEP = 12;
const ARROWS: Record<string, [right: number, down: number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** Tokens in space, turned by dragging or with the arrow keys. */
export function SpaceMap({ tokens, points, tone, label, name, place }: MapDrawing) {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(holder);
  const scheme = useScheme();
  const [view, setView] = useState<View>({ turn: 0.4, tilt: 0.25 });
  const from = useRef<{ x: number; y: number }>(undefined);

  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, tokens, points, view, color(tone));
  }, [width, tokens, points, view, tone, scheme]);

  return (
    <figure>
      <div ref={holder}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${label}; drag or use the arrow keys to turn it`}
          tabIndex={0}
          className="space-map"
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            from.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerMove={({ clientX: x, clientY: y }) => {
            if (!from.current) return;
            const { x: oldX, y: oldY } = from.current;
            from.current = { x, y };
            setView((old) => dragged(old, x - oldX, y - oldY));
          }}
          onPointerUp={() => {
            from.current = undefined;
          }}
          onPointerCancel={() => {
            from.current = undefined;
          }}
          onKeyDown={(event) => {
            const arrow = ARROWS[event.key];
            if (!arrow) return;
            event.preventDefault();
            event.stopPropagation();
            setView((old) => dragged(old, ...arrow));
          }}
        />
      </div>
      <SaveMenu
        label="map"
        name={name}
        rows={() =>
          tokens.map(({ id, token, score }, i) => ({
            id,
            token,
            score,
            x: points[3 * i]!,
            y: points[3 * i + 1]!,
            z: points[3 * i + 2]!,
          }))
        }
        figure={{ ...mapFigure(place, label, tone), svg: () => pictureOf(width, tokens, points, view, tone) }}
      />
    </figure>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  side: number,
  tokens: MapDrawing['tokens'],
  points: Float32Array,
  view: View,
  ink: string,
): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = side * ratio;
  canvas.height = side * ratio;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  context.clearRect(0, 0, side, side);
  context.fillStyle = ink;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const family = getComputedStyle(document.documentElement).getPropertyValue('--mono');
  const seen = placed(side, tokens, points, view);
  const written = withoutOverlap(seen);
  for (let i = seen.length - 1; i >= 0; i--) {
    const { x, y, depth, size, label } = seen[i]!;
    context.globalAlpha = opacity(depth);
    if (written[i]) {
      context.font = `${size}px ${family}`;
      context.fillText(label, x, y);
    } else {
      context.beginPath();
      context.arc(x, y, 1.6 + 0.5 * depth, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

/** Nearest first. */
function placed(side: number, tokens: MapDrawing['tokens'], points: Float32Array, view: View) {
  return look(points, view)
    .map((point, i) => {
      const size = 10.5 + 2.5 * point.depth;
      const { label } = tokens[i]!;
      return {
        ...point,
        label,
        size,
        x: side / 2 + point.x * side * 0.33,
        y: side / 2 - point.y * side * 0.33,
        width: [...label].length * size * 0.61 + 3,
        height: size * 1.05,
      };
    })
    .sort((a, b) => b.depth - a.depth);
}

const opacity = (depth: number): number => Math.max(0.25, Math.min(1, 0.65 + 0.4 * depth));

/** The view as it is turned now, as vectors. */
function pictureOf(side: number, tokens: MapDrawing['tokens'], points: Float32Array, view: View, tone: string) {
  const seen = placed(side, tokens, points, view);
  const written = withoutOverlap(seen);
  const parts = seen.map(({ x, y, depth, size, label }, i) => {
    const at = `fill="var(--${tone})" opacity="${opacity(depth).toFixed(3)}"`;
    return written[i]
      ? `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${at} font-family="var(--mono)" font-size="${size.toFixed(1)}" text-anchor="middle" dominant-baseline="central">${escaped(label)}</text>`
      : `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(1.6 + 0.5 * depth).toFixed(2)}" ${at}/>`;
  });
  return svgOf(side, side, parts.reverse());
}
