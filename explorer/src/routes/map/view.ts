/** What part of the map is seen: a square of side `2 / zoom` around a centre, in the map's own units (-1 to 1). */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export const WHOLE: View = { x: 0, y: 0, zoom: 0.95 };
const MOST_ZOOM = 400;

/** From the map to a canvas of this side, y upwards. */
export const across = (view: View, side: number, x: number): number => side / 2 + (x - view.x) * view.zoom * (side / 2);
export const down = (view: View, side: number, y: number): number => side / 2 - (y - view.y) * view.zoom * (side / 2);

/** And back. */
export function under(view: View, side: number, px: number, py: number): { x: number; y: number } {
  const half = (side / 2) * view.zoom;
  return { x: view.x + (px - side / 2) / half, y: view.y - (py - side / 2) / half };
}

/** Nearer by a factor, what is under the pointer staying under it. */
export function zoomed(view: View, side: number, factor: number, px = side / 2, py = side / 2): View {
  const zoom = Math.max(WHOLE.zoom, Math.min(MOST_ZOOM, view.zoom * factor));
  const at = under(view, side, px, py);
  const half = (side / 2) * zoom;
  return { zoom, x: at.x - (px - side / 2) / half, y: at.y + (py - side / 2) / half };
}

export const moved = (view: View, side: number, right: number, downwards: number): View => ({
  ...view,
  x: view.x - right / ((side / 2) * view.zoom),
  y: view.y + downwards / ((side / 2) * view.zoom),
});

/** Whether a point lies within a drawn line that is closed (even-odd rule). */
export function inside(line: readonly (readonly [x: number, y: number])[], x: number, y: number): boolean {
  let within = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [ax, ay] = line[i]!;
    const [bx, by] = line[j]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

/** fp32 numbers of base64. */
export function numbersOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
