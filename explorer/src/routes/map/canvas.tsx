import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Legend } from '../../components/legend.tsx';
import { Pill } from '../../components/pill.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { useWidth } from '../../components/use-width.ts';
import type { Figure } from '../../export/figure.ts';
import { formatScore, plural } from '../../format.ts';
import { color, useScheme } from '../../style/theme.ts';
import type { ColourScale } from '../model/columns.ts';
import { legendOf } from '../model/drawings.ts';
import { drawMap, largest, mapSvg, nearest } from './draw.ts';
import { across, down, inside, moved, type View, WHOLE, zoomed } from './view.ts';

export interface Mapped {
  /** [V, 2] */
  points: Float32Array;
  labels: readonly string[];
  /** [V], NaN where a row is of no word. */
  scores: Float32Array | undefined;
}

interface MapCanvasProps extends Mapped {
  chosen: ReadonlySet<number>;
  onChoose: (tokens: number[]) => void;
  onOpen: (token: number) => void;
  /** What is said of it where it is saved. */
  figure: Pick<Figure, 'title' | 'normalised'>;
}

const SIDE = 720;
/** Of wheels and keys. */
const STEP = 1.25;
const KEY_MOVE = 40;

/**
 * All tokens as dots: the wheel zooms, dragging moves, Shift and dragging draws a lasso, a click opens the token. Who
 * has neither wheel nor Shift has buttons.
 */
export function MapCanvas({ points, labels, scores, chosen, onChoose, onOpen, figure }: MapCanvasProps) {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = Math.min(SIDE, useWidth(holder));
  const scheme = useScheme();
  const [view, setView] = useState<View>(WHOLE);
  const [at, setAt] = useState<number>();
  const [lassoing, setLassoing] = useState(false);
  const [lasso, setLasso] = useState<[number, number][]>([]);
  const drag = useRef<{ x: number; y: number; far: number; lasso: boolean }>(undefined);
  const scale = useMemo(() => scores && scaleOf(scores), [scores]);
  const order = useMemo(() => orderOf(scores, points.length / 2), [scores, points]);

  useEffect(() => {
    if (!canvas.current || side === 0) return;
    const colours = { ink: color('ink'), edge: color('edge'), write: color('write'), opposite: color('opposite') };
    drawMap(canvas.current, { points, labels, scores, order, view, side, chosen, lasso, at, colours });
  }, [points, labels, scores, order, view, side, chosen, lasso, at, scheme]);

  // React's own wheel handlers cannot keep the page from scrolling.
  useEffect(() => {
    const element = canvas.current;
    if (!element || side === 0) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      setView((old) => zoomed(old, side, event.deltaY < 0 ? STEP : 1 / STEP, event.offsetX, event.offsetY));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [side]);

  const place = ({ nativeEvent }: PointerEvent): [number, number] => [nativeEvent.offsetX, nativeEvent.offsetY];
  const finish = (): void => {
    if (drag.current?.lasso && lasso.length > 2) {
      const found: number[] = [];
      for (let i = 0; i < points.length / 2; i++) {
        if (inside(lasso, across(view, side, points[2 * i]!), down(view, side, points[2 * i + 1]!))) found.push(i);
      }
      onChoose(found);
    } else if (drag.current && drag.current.far < 4 && at !== undefined) onOpen(at);
    drag.current = undefined;
    setLasso([]);
  };
  return (
    <div ref={holder} className="vocabulary-map">
      {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
      <div role="group" aria-label="View of the map" className="map-view">
        <button
          type="button"
          className="pill"
          aria-label="Nearer"
          onClick={() => setView(zoomed(view, side, STEP ** 2))}
        >
          +
        </button>
        <button
          type="button"
          className="pill"
          aria-label="Further away"
          onClick={() => setView(zoomed(view, side, STEP ** -2))}
        >
          −
        </button>
        <button type="button" className="pill" onClick={() => setView(WHOLE)}>
          whole
        </button>
        <Pill pressed={lassoing} title="What is drawn around is listed" onClick={() => setLassoing(!lassoing)}>
          lasso
        </Pill>
        {scale && <Legend scale={scale} />}
        {scale && <span className="soft">strength: the square of the score</span>}
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Map of ${labels.length} tokens; plus and minus zoom, arrows move`}
        tabIndex={0}
        style={{ width: side, height: side }}
        onPointerDown={(event) => {
          const [x, y] = place(event);
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x, y, far: 0, lasso: event.shiftKey || lassoing };
          if (event.shiftKey || lassoing) setLasso([[x, y]]);
        }}
        onPointerMove={(event) => {
          const [x, y] = place(event);
          const from = drag.current;
          if (!from) return setAt(nearest(points, view, side, x, y));
          from.far += Math.abs(x - from.x) + Math.abs(y - from.y);
          if (from.lasso) setLasso((line) => [...line, [x, y]]);
          else setView((old) => moved(old, side, x - from.x, y - from.y));
          drag.current = { ...from, x, y };
        }}
        onPointerUp={finish}
        onPointerCancel={finish}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={(event) => {
          const next = keyed(view, side, event.key);
          if (!next) return;
          event.preventDefault();
          event.stopPropagation();
          setView(next);
        }}
      />
      <p className="map-look" aria-live="polite">
        {at === undefined ? (
          <span className="soft">The wheel zooms, dragging moves, with Shift it draws a lasso, a click opens.</span>
        ) : (
          <>
            <span className="token">{labels[at]}</span>{' '}
            {scores && <span className="number">{formatScore(scores[at]!)}</span>}
          </>
        )}
      </p>
      <SaveMenu
        label="map"
        name="map"
        figure={{
          ...figure,
          what: `${plural(labels.length, 'token')}${view.zoom > WHOLE.zoom ? ', of which a part is seen' : ''}`,
          axes: 'tokens whose vectors point alike lie near each other; the axes mean nothing by themselves',
          legend: scale
            ? legendOf(scale).map((entry) => ({ ...entry, label: `${entry.label}, strength by its square` }))
            : [],
          svg: () => mapSvg({ points, labels, scores, order, view, side, chosen }),
        }}
      />
    </div>
  );
}

function scaleOf(scores: Float32Array): ColourScale {
  const strongest = largest(scores);
  return { low: -strongest, high: strongest, signed: true, beyond: { low: 0, high: 0 } };
}

/** Weakest first, so that what is strong is drawn over it. */
function orderOf(scores: Float32Array | undefined, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  if (!scores) return order;
  const size = (i: number): number => (Number.isNaN(scores[i]!) ? -1 : Math.abs(scores[i]!));
  return order.sort((a, b) => size(a) - size(b));
}

function keyed(view: View, side: number, key: string): View | undefined {
  switch (key) {
    case '+':
    case '=':
      return zoomed(view, side, STEP);
    case '-':
      return zoomed(view, side, 1 / STEP);
    case '0':
      return WHOLE;
    case 'ArrowLeft':
      return moved(view, side, KEY_MOVE, 0);
    case 'ArrowRight':
      return moved(view, side, -KEY_MOVE, 0);
    case 'ArrowUp':
      return moved(view, side, 0, KEY_MOVE);
    case 'ArrowDown':
      return moved(view, side, 0, -KEY_MOVE);
    default:
      return undefined;
  }
}
