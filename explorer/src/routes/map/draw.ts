import { withoutOverlap } from '../../maps/labels.ts';
import { across, down, type View } from './view.ts';

interface Scene {
  points: Float32Array;
  labels: readonly string[];
  scores: Float32Array | undefined;
  /** Tokens in the order of drawing. */
  order: Uint32Array;
  view: View;
  side: number;
  chosen: ReadonlySet<number>;
  lasso: readonly (readonly [number, number])[];
  /** Under the pointer. */
  at: number | undefined;
  colours: Record<'ink' | 'edge' | 'write' | 'opposite', string>;
}

/** More words than this hide the dots. */
const MOST_WORDS = 160;

export function drawMap(canvas: HTMLCanvasElement, scene: Scene): void {
  const { points, scores, order, view, side, chosen, lasso, at, colours } = scene;
  const ratio = devicePixelRatio || 1;
  canvas.width = side * ratio;
  canvas.height = side * ratio;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  const strongest = scores ? largest(scores) : 1;
  const radius = Math.min(3.2, 0.9 + 0.5 * Math.log2(view.zoom + 1));
  for (const i of order) {
    const [x, y] = [across(view, side, points[2 * i]!), down(view, side, points[2 * i + 1]!)];
    if (x < -5 || y < -5 || x > side + 5 || y > side + 5) continue;
    const score = scores?.[i] ?? 0;
    const share = Number.isNaN(score) ? 0 : Math.abs(score) / strongest;
    const isChosen = chosen.has(i);
    context.fillStyle = isChosen ? colours.ink : scores ? (score < 0 ? colours.opposite : colours.write) : colours.edge;
    // Squared, so that the few that light up stand out of the many.
    context.globalAlpha = isChosen ? 0.9 : scores ? 0.05 + 0.95 * share ** 2 : 0.45;
    const size = radius * (scores ? 0.7 + 1.8 * share ** 2 : 1);
    context.fillRect(x - size, y - size, 2 * size, 2 * size);
  }
  context.globalAlpha = 1;
  writeWords(context, scene);
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

/** The strongest (without scores any) of those in sight, where there is room for their words. */
function writeWords(context: CanvasRenderingContext2D, scene: Scene): void {
  const { points, labels, scores, order, view, side, colours } = scene;
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
  context.font = '11px ui-monospace, "DejaVu Sans Mono", monospace';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = colours.ink;
  words.forEach(({ x, y, label }, i) => {
    if (written[i]) context.fillText(label, x, y);
  });
}

const largest = (scores: Float32Array): number =>
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
