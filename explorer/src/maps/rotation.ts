/** How a map in space is looked at: turned about the vertical axis, then tilted towards the reader; radians. */
export interface View {
  turn: number;
  tilt: number;
}

/** A point as it is seen: x to the right, y up, depth towards the reader. */
export interface Seen {
  x: number;
  y: number;
  depth: number;
}

const EYE = 3.2;

/** Points [count, 3] as seen from a distance, near ones larger apart. */
export function look(points: Float32Array, { turn, tilt }: View): Seen[] {
  const [sinTurn, cosTurn, sinTilt, cosTilt] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
  return Array.from({ length: points.length / 3 }, (_, i) => {
    const [x, y, z] = points.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const across = cosTurn * x + sinTurn * z;
    const away = -sinTurn * x + cosTurn * z;
    const up = cosTilt * y - sinTilt * away;
    const depth = sinTilt * y + cosTilt * away;
    const scale = EYE / (EYE - depth);
    return { x: across * scale, y: up * scale, depth };
  });
}

/** A drag by so many pixels turns the map with the hand; it cannot be tilted past the poles. */
export function dragged({ turn, tilt }: View, right: number, down: number): View {
  const limit = Math.PI / 2;
  return { turn: turn + right * 0.01, tilt: Math.max(-limit, Math.min(limit, tilt + down * 0.01)) };
}
