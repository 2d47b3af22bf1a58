/** The drawing of a head's pairs: tokens of either side in two columns, each pair a curve between them. */

export interface Link {
  first: number;
  second: number;
  score: number;
}

export interface PlacedToken {
  id: number;
  /** Row from the top, from 0. */
  row: number;
  /** Sum of the sizes of its links' scores: how strongly it takes part. */
  weight: number;
}

export interface PlacedLink extends Link {
  firstRow: number;
  secondRow: number;
  /** The share of the strongest link's size, 0 to 1: width and opacity, so that half a score is half a line. */
  strength: number;
}

export interface Bipartite {
  first: PlacedToken[];
  second: PlacedToken[];
  /** Weakest first, so that strong links are drawn over weak ones. */
  links: PlacedLink[];
}

/**
 * The first pairs that fit a drawing of at most `most` tokens a side and so many `curves`: a pair that would need one
 * more is passed over, later ones between tokens that are there already still join.
 */
export function chooseLinks<Pair extends { first: { id: number }; second: { id: number }; score: number }>(
  pairs: readonly Pair[],
  most: number,
  curves = Number.POSITIVE_INFINITY,
): Link[] {
  const [firsts, seconds] = [new Set<number>(), new Set<number>()];
  const links: Link[] = [];
  for (const { first, second, score } of pairs) {
    if (links.length === curves) break;
    if (!firsts.has(first.id) && firsts.size === most) continue;
    if (!seconds.has(second.id) && seconds.size === most) continue;
    firsts.add(first.id);
    seconds.add(second.id);
    links.push({ first: first.id, second: second.id, score });
  }
  return links;
}

/** Rounds of the ordering; on heads of real models nothing changes after about ten. */
const ROUNDS = 24;

/**
 * Orders both columns so that few links cross: each token moves to the weighted mean row of its neighbours, the columns
 * by turns (the barycentre heuristic of Sugiyama, Tagawa and Toda, 1981), and the order with the least crossing weight
 * is kept. The start, and every tie, is the tokens' first appearance in the list.
 */
export function layOut(links: readonly Link[]): Bipartite {
  const first = column(links, 'first');
  const second = column(links, 'second');
  let best = { first: [...first.keys()], second: [...second.keys()] };
  let fewest = crossings(links, best.first, best.second);
  let { first: left, second: right } = best;
  for (let round = 0; round < ROUNDS && fewest > 0; round++) {
    if (round % 2 === 0) right = byBarycentre(right, left, links, 'second');
    else left = byBarycentre(left, right, links, 'first');
    const now = crossings(links, left, right);
    if (now >= fewest) continue;
    fewest = now;
    best = { first: left, second: right };
  }
  // Two mirror images cross equally; the one with the strongest pair in its upper half reads from the top.
  if (isUpsideDown(best, links)) best = { first: best.first.toReversed(), second: best.second.toReversed() };
  return placed(links, best, { first, second });
}

/** Tokens of one side in the order of their first link, with their weights. */
function column(links: readonly Link[], side: 'first' | 'second'): Map<number, number> {
  const weights = new Map<number, number>();
  for (const link of links) weights.set(link[side], (weights.get(link[side]) ?? 0) + Math.abs(link.score));
  return weights;
}

function byBarycentre(
  moving: readonly number[],
  fixed: readonly number[],
  links: readonly Link[],
  side: 'first' | 'second',
): number[] {
  const row = rows(fixed);
  const sums = new Map(moving.map((id) => [id, { weight: 0, total: 0 }]));
  for (const link of links) {
    const sum = sums.get(link[side])!;
    sum.weight += Math.abs(link.score);
    sum.total += Math.abs(link.score) * row.get(link[side === 'first' ? 'second' : 'first'])!;
  }
  const mean = (id: number): number => {
    const { weight, total } = sums.get(id)!;
    return weight === 0 ? 0 : total / weight;
  };
  // toSorted is stable: equal means keep their order.
  return moving.toSorted((a, b) => mean(a) - mean(b));
}

/** Pairs of links that cross. Quadratic in the links, of which a drawing has some dozens. */
export function crossings(links: readonly Link[], first: readonly number[], second: readonly number[]): number {
  const [left, right] = [rows(first), rows(second)];
  const ends = links.map((link) => [left.get(link.first)!, right.get(link.second)!] as const);
  let count = 0;
  for (let i = 0; i < ends.length; i++) {
    for (let j = 0; j < i; j++) if ((ends[i][0] - ends[j][0]) * (ends[i][1] - ends[j][1]) < 0) count++;
  }
  return count;
}

function isUpsideDown(order: { first: readonly number[]; second: readonly number[] }, links: readonly Link[]): boolean {
  if (links.length === 0) return false;
  const [left, right] = [order.first.indexOf(links[0].first), order.second.indexOf(links[0].second)];
  return left + right > (order.first.length - 1 + order.second.length - 1) / 2;
}

const rows = (order: readonly number[]): Map<number, number> => new Map(order.map((id, row) => [id, row]));

function placed(
  links: readonly Link[],
  order: { first: number[]; second: number[] },
  weights: { first: ReadonlyMap<number, number>; second: ReadonlyMap<number, number> },
): Bipartite {
  const [left, right] = [rows(order.first), rows(order.second)];
  const sizes = links.map(({ score }) => Math.abs(score));
  const strongest = Math.max(...sizes);
  return {
    first: order.first.map((id, row) => ({ id, row, weight: weights.first.get(id)! })),
    second: order.second.map((id, row) => ({ id, row, weight: weights.second.get(id)! })),
    links: links
      .map((link) => ({
        ...link,
        firstRow: left.get(link.first)!,
        secondRow: right.get(link.second)!,
        strength: strongest > 0 ? Math.abs(link.score) / strongest : 1,
      }))
      .sort((a, b) => a.strength - b.strength),
  };
}

/** A curve from (x0, y0) to (x1, y1) that leaves and arrives level. */
export function curve(x0: number, y0: number, x1: number, y1: number): string {
  const middle = (x0 + x1) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
}
