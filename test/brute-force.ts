import type { Matrix } from '../src/engine/engine.ts';
import { fuzzyEqual } from '../src/vocabulary/fuzzy.ts';
import type { TinyModel } from './tiny-model.ts';

/**
 * The definitions of docs/readings.md computed the plain way, whole matrices at once: what the readings are checked
 * against.
 */

export type Kind = 'ff.key' | 'ff.up' | 'ff.value' | 'attn.q' | 'attn.k' | 'attn.v' | 'attn.o';
export interface How {
  normalize?: 'freq' | 'none' | 'cosine';
  foldNorm?: boolean;
  embedding?: 'embed' | 'unembed' | 'own';
}

export const rowsOf = ({ data, rows, columns }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

export const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i], 0);
const length = (x: readonly number[]): number => Math.sqrt(dot(x, x));

/** All vectors of a kind in one layer, experts one after the other; gains multiplied in where asked for. */
export function vectors(model: TinyModel, layer: number, kind: Kind, how: How = {}): number[][] {
  const [group, part] = kind.split('.');
  const name = new RegExp(`^layer\\.${layer}\\.${group}\\.(\\d+\\.)?${part}$`);
  const found = [...model.arrays].filter(([key]) => name.test(key)).flatMap(([, matrix]) => rowsOf(matrix));
  const gain = rowsOf(model.arrays.get(`layer.${layer}.norm.${group}`)!)[0];
  const folds = how.foldNorm && ['key', 'up', 'q', 'k', 'v'].includes(part);
  return folds ? found.map((x) => x.map((value, i) => Math.fround(value * gain[i]))) : found;
}

/** The table of tokens that vectors of a kind stand against. */
export function e(model: TinyModel, how: How = {}, kind?: Kind): number[][] {
  const own = kind && kind !== 'ff.value' && kind !== 'attn.o' ? 'embed' : 'unembed';
  return rowsOf(model.arrays.get(how.embedding === 'own' ? own : (how.embedding ?? 'unembed'))!);
}

export function freq(model: TinyModel, kind: Kind, how: How = {}): number[] {
  const all = Array.from({ length: model.dimensions.layers }, (_, layer) => vectors(model, layer, kind, how)).flat();
  const of = kind.startsWith('ff') ? (x: number) => Math.max(x, 0) : Math.abs;
  return e(model, how, kind).map(
    (row) => all.map((x) => of(dot(row, x))).reduce((sum, x) => sum + x, 0) / all.length + 1e-9,
  );
}

/** Scores of all tokens for one vector of a kind. */
export function tokenScores(model: TinyModel, x: readonly number[], kind: Kind, how: How = {}): number[] {
  const f = freq(model, kind, how).map(Math.fround);
  return e(model, how, kind).map((row, i) => {
    if (how.normalize === 'none') return dot(row, x);
    return dot(row, x) / (how.normalize === 'cosine' ? length(row) * length(x) : f[i]);
  });
}

/** The interaction [V][V] of a head. */
export function interaction(
  model: TinyModel,
  layer: number,
  head: number,
  matrix: 'vo' | 'qk',
  how: How = {},
): number[][] {
  const { heads, kvHeads, headDim } = model.dimensions;
  const factor = (part: 'q' | 'k' | 'v' | 'o') => {
    const own = part === 'q' || part === 'o' ? head : Math.floor((head * kvHeads) / heads);
    const w = vectors(model, layer, `attn.${part}`, how).slice(own * headDim, (own + 1) * headDim);
    const f = freq(model, `attn.${part}`, how).map(Math.fround);
    return e(model, how, `attn.${part}`).map((row, i) => {
      const by = how.normalize === 'none' ? 1 : how.normalize === 'cosine' ? length(row) : f[i];
      const scaled = row.map((value) => Math.fround(value / by));
      return w.map((column) => Math.fround(dot(scaled, column)));
    });
  };
  const [a, b] = matrix === 'vo' ? [factor('v'), factor('o')] : [factor('q'), factor('k')];
  return a.map((x) => b.map((y) => dot(x, y)));
}

export interface Pick {
  k?: number;
  above?: number;
  below?: number;
  excludeSame?: boolean;
  excludeFuzzy?: boolean;
  onlyFrom?: readonly string[];
  byOther?: boolean;
  ascending?: boolean;
  limitPerFirst?: number;
  limitPerSecond?: number;
}

/** The reading of one matrix: listed [first, second, own score, other score], the count, and counts of labels. */
export function select(model: TinyModel, own: number[][], other: number[][], pick: Pick) {
  const { k = 100, above = -Infinity, below = Infinity, onlyFrom } = pick;
  const normal = (id: number) => model.vocabulary?.normal(id) ?? '';
  const kept = (id: number) => !onlyFrom || onlyFrom.includes(normal(id));
  const pairs = own.flatMap((row, i) =>
    row.map((score, j): [number, number, number, number] => [i, j, score, other[i][j]]),
  );
  const selected = pairs.filter(([i, j, score]) => kept(i) && kept(j) && above < score && score < below);
  const remaining = selected.filter(([i, j]) => {
    if (pick.excludeSame && normal(i) === normal(j)) return false;
    return !(pick.excludeFuzzy && fuzzyEqual(normal(i), normal(j)));
  });
  const at = pick.byOther ? 3 : 2;
  const ascending = pick.ascending ?? (!pick.byOther && pick.below !== undefined && pick.above === undefined);
  remaining.sort((p, q) => (ascending ? p[at] - q[at] : q[at] - p[at]) || p[0] - q[0] || p[1] - q[1]);
  const listed: typeof pairs = [];
  for (const pair of remaining) {
    const sharing = (side: 0 | 1) => listed.filter((other) => other[side] === pair[side]).length;
    if (sharing(0) >= (pick.limitPerFirst ?? Infinity) || sharing(1) >= (pick.limitPerSecond ?? Infinity)) continue;
    if (listed.length < k) listed.push(pair);
  }
  const counted = pick.above === undefined && pick.below === undefined ? listed : remaining;
  const counter = (side: 0 | 1) => {
    const counts: Record<string, number> = {};
    for (const pair of counted) {
      const label = model.vocabulary?.label(pair[side]) ?? `#${pair[side]}`;
      counts[label] = (counts[label] ?? 0) + 1;
    }
    return Object.entries(counts).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  };
  return { listed, count: selected.length, counters: { first: counter(0), second: counter(1) } };
}
