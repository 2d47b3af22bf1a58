import { escaped, svgOf } from '../../export/element.ts';
import { withoutOverlap } from '../../maps/labels.ts';
import { across, down, type View } from './view.ts';

/** What is seen of the map. */
export interface Seen {
  points: Float32Array;
  labels: readonly string[];
  scores: Float32Array | undefined;
  /** Tokens in the order of drawing. */
  order: Uint32Array;
  view: View;
  side: number;
  chosen: ReadonlySet<number>;
}

interface Scene extends Seen {
  lasso: readonly (readonly [number, number])[];
  /** Under the pointer. */
  at: number | undefined;
  colours: Record<'ink' | 'edge' | 'write' | 'opposite', string>;
}

/** More words than this hide the dots. */
const MOST_WORDS = 160;

export function drawMap(canvas: HTMLCanvasElement, scene: Scene): void {
  const { points, view, side, lasso, at, colours } = scene;
  const ratio = devicePixelRatio || 1;
  canvas.width = side * ratio;
  canvas.height = side * ratio;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  for (const { x, y, size, tone, opacity } of dotsOf(scene)) {
    context.fillStyle = colours[tone];
    context.globalAlpha = opacity;
    context.fillRect(x - size, y - size, 2 * size, 2 * size);
  }
  context.globalAlpha = 1;
  context.font = '11px ui-monospace, "DejaVu Sans Mono", monospace';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = colours.ink;
  for (const { x, y, label } of wordsOf(scene)) context.fillText(label, x, y);
  if (at !== undefined) {
    context.strokeStyle = colours.ink;
    context.strokeRect(across(view, side, points[2 * at]!) - 4, down(view, side, points[2 * at + 1]!) - 4, 8, 8);
  }
  if (lasso.length > 1) {
    context.strokeStyle = colours.ink;
    context.setLineDash([4, 3]);
    context.beginPath();
    for (const [x, y] of lasso) context.lineTo(x, y);
    context.stroke();
  }
}

interface Dot {
  x: number;
  y: number;
  /** Half of its side. */
  size: number;
  tone: 'ink' | 'edge' | 'write' | 'opposite';
  opacity: number;
}

/** Of tokens in sight, weakest first. */
function* dotsOf({ points, scores, order, view, side, chosen }: Seen): Generator<Dot> {
  const strongest = scores ? largest(scores) : 1;
  const radius = Math.min(3.2, 0.9 + 0.5 * Math.log2(view.zoom + 1));
  for (const i of order) {
    const [x, y] = [across(view, side, points[2 * i]!), down(view, side, points[2 * i + 1]!)];
    if (x < -5 || y < -5 || x > side + 5 || y > side + 5) continue;
    const score = scores?.[i] ?? 0;
    const share = Number.isNaN(score) ? 0 : Math.abs(score) / strongest;
    const isChosen = chosen.has(i);
    yield {
      x,
      y,
      size: radius * (scores ? 0.7 + 1.8 * share ** 2 : 1),
      tone: isChosen ? 'ink' : scores ? (score < 0 ? 'opposite' : 'write') : 'edge',
      // Squared, so that the few that light up stand out of the many.
      opacity: isChosen ? 0.9 : scores ? 0.05 + 0.95 * share ** 2 : 0.45,
    };
  }
}

/** Of a colour in a picture, whose dots of one shade are one path: tens of thousands of elements are too many. */
const SHADES = 24;

/** The map as it is seen, to be saved. */
export function mapSvg(seen: Seen): string {
  const paths = new Map<string, { shade: number; tone: string; d: string[] }>();
  for (const { x, y, size, tone, opacity } of dotsOf(seen)) {
    if (x < size || y < size || x > seen.side - size || y > seen.side - size) continue;
    const shade = Math.ceil(opacity * SHADES);
    const path = paths.get(`${shade} ${tone}`) ?? { shade, tone, d: [] };
    paths.set(`${shade} ${tone}`, path);
    const across = (2 * size).toFixed(1);
    path.d.push(`M${(x - size).toFixed(1)} ${(y - size).toFixed(1)}h${across}v${across}h-${across}z`);
  }
  const dots = [...paths.values()]
    .sort((a, b) => a.shade - b.shade)
    .map(
      ({ shade, tone, d }) =>
        `<path d="${d.join('')}" fill="var(--${tone})" fill-opacity="${(shade / SHADES).toFixed(2)}"/>`,
    );
  const words = wordsOf(seen).map(
    ({ x, y, label }) =>
      `<text x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}" text-anchor="middle" font-size="11" font-family="var(--mono)" fill="var(--ink)">${escaped(label)}</text>`,
  );
  return svgOf(seen.side, seen.side, [...dots, ...words]);
}

/** The strongest (without scores any) of those in sight, where there is room for their words. */
function wordsOf({ points, labels, scores, order, view, side }: Seen): { x: number; y: number; label: string }[] {
  const words: { x: number; y: number; width: number; height: number; label: string }[] = [];
  const most = scores || view.zoom > 6 ? MOST_WORDS : 0;
  for (let n = order.length - 1; n >= 0 && words.length < most; n--) {
    const i = order[n]!;
    const [x, y] = [across(view, side, points[2 * i]!), down(view, side, points[2 * i + 1]!)];
    if (x < 0 || y < 8 || x > side || y > side || Number.isNaN(scores?.[i] ?? 0)) continue;
    const width = [...labels[i]!].length * 6.7 + 4;
    words.push({ x: within(x, width, side), y: y - 8, width, height: 13, label: labels[i]! });
  }
  const written = withoutOverlap(words);
  return words.filter((_, i) => written[i]);
}

export const largest = (scores: Float32Array): number =>
  scores.reduce((most, score) => (Number.isNaN(score) ? most : Math.max(most, Math.abs(score))), 0) || 1;

/** The token nearest to a place of the canvas, where one is within a hand's reach. */
export function nearest(points: Float32Array, view: View, side: number, px: number, py: number): number | undefined {
  let [best, least] = [-1, 14 ** 2];
  for (let i = 0; i < points.length / 2; i++) {
    const [x, y] = [across(view, side, points[2 * i]!) - px, down(view, side, points[2 * i + 1]!) - py];
    const square = x * x + y * y;
    if (square < least) [best, least] = [i, square];
  }
  return best < 0 ? undefined : best;
}

/** Where the middle of a word is so that all of it is on the map. */
export const within = (x: number, width: number, side: number): number =>
  Math.max(Math.min(x, side - width / 2), Math.min(width, side) / 2);
