import { queryOptions } from '@tanstack/react-query';
import { apiQuery, models, place } from '../../api/queries.ts';
import type { Kind } from './search.ts';

interface Composition {
  from_layer: number;
  from_head: number;
  to_layer: number;
  to_head: number;
  score: number;
  z: number;
  p: number | null;
}

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

/** The strongest arcs of a kind, of pinned heads alone where there are any. */
export function arcsQuery(model: string, kind: Kind, count: number, pins: readonly string[]) {
  const sides = pins.length === 0 ? [{}] : pins.flatMap((pin) => [{ from: pin }, { to: pin }]);
  const asked = sides.map((side) =>
    apiQuery(models[':model'].atlas.compositions, {
      param: place({ model }),
      query: { ...side, kind, sort: 'z', k: count },
    }),
  );
  return queryOptions({
    queryKey: ['arcs', ...asked.map(({ queryKey }) => queryKey)],
    queryFn: async ({ client }) => {
      const found = await Promise.all(asked.map((one) => client.fetchQuery(one)));
      return strongest(
        found.flatMap(({ compositions }) => compositions.map(arcOf)),
        count,
      );
    },
  });
}

/** The first of all arcs by z, each once: one between two pinned heads is found from both. */
export function strongest(arcs: readonly Arc[], count: number): Arc[] {
  const each = new Map(arcs.map((arc) => [`${fromOf(arc)} ${toOf(arc)}`, arc]));
  return [...each.values()]
    .sort(
      (a, b) =>
        b.z - a.z ||
        a.fromLayer - b.fromLayer ||
        a.fromHead - b.fromHead ||
        a.toLayer - b.toLayer ||
        a.toHead - b.toHead,
    )
    .slice(0, count);
}

/** A row of the atlas. */
export function arcOf(row: Composition): Arc {
  return {
    fromLayer: row.from_layer,
    fromHead: row.from_head,
    toLayer: row.to_layer,
    toHead: row.to_head,
    score: row.score,
    z: row.z,
    p: row.p,
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
