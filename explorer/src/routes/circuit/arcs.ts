/** A composition of two heads: what `to` reads of what `from` writes. */
export interface Arc {
  fromLayer: number;
  fromHead: number;
  toLayer: number;
  toHead: number;
  score: number;
  z: number;
  p: number | null;
}

export const fromOf = ({ fromLayer, fromHead }: Arc): string => `${fromLayer}:${fromHead}`;
export const toOf = ({ toLayer, toHead }: Arc): string => `${toLayer}:${toHead}`;

/** The page's own words and numbers make the question: nothing that was typed comes into it. */
export function arcsSql(kind: string, count: number, pins: readonly string[]): string {
  const touches = pins.map((pin) => {
    const [layer, head] = pin.split(':').map(Number);
    return `(from_layer = ${layer} AND from_head = ${head}) OR (to_layer = ${layer} AND to_head = ${head})`;
  });
  const only = touches.length === 0 ? '' : ` AND (${touches.join(' OR ')})`;
  return `SELECT from_layer, from_head, to_layer, to_head, score, z, p FROM head_compositions WHERE kind = '${kind}'${only} ORDER BY z DESC, from_layer, from_head, to_layer, to_head LIMIT ${count}`;
}

export function arcOf(row: Record<string, unknown>): Arc {
  const number = (name: string): number => Number(row[name]);
  return {
    fromLayer: number('from_layer'),
    fromHead: number('from_head'),
    toLayer: number('to_layer'),
    toHead: number('to_head'),
    score: number('score'),
    z: number('z'),
    p: row.p == null ? null : Number(row.p),
  };
}

/** Each pinned head's arcs, what it reads from and what reads it, strongest first. */
export function groupsOf(arcs: readonly Arc[], pins: readonly string[]) {
  return pins.map((pin) => ({
    pin,
    reads: arcs.filter((arc) => toOf(arc) === pin),
    isRead: arcs.filter((arc) => fromOf(arc) === pin),
  }));
}

/** A curve from one head to a later one, bent away from the straight line so that arcs over the same way part. */
export function bent(x0: number, y0: number, x1: number, y1: number): string {
  const lift = Math.min(60, 0.22 * (x1 - x0)) * (y1 >= y0 ? -1 : 1);
  return `M${x0} ${y0}Q${(x0 + x1) / 2} ${(y0 + y1) / 2 + lift} ${x1} ${y1}`;
}
