import type { Matrix, Ranked, RunOptions } from '../../engine/engine.ts';
import { throwIfAborted } from '../../errors.ts';
import { embedding, embeddingOf, scaledRows } from '../../reading/embedding.ts';
import { headCount, pairMasks, sharedHead } from '../../reading/factors.ts';
import { score as pairScore } from '../../reading/pairs.ts';
import { interactionsOf, parameter, readVectors } from '../../reading/parameters.ts';
import { HEAD_MATRICES } from '../../reading/parts.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { Arrays } from '../arrays.ts';
import { ARRAY_ROW, PAIR_ROW } from '../cost.ts';
import { LABELS, SIGNS } from '../schema.ts';
import { divisorOf, type UnitContext, type UnitResult } from './context.ts';
import { FactorStatistics } from './head-statistics.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { sharingHeads } from './ranges.ts';
import { labelOf } from './tokens.ts';

const SIDES = { vo: ['v', 'o'], qk: ['q', 'k'] } as const;

/** Rows of E scaled and multiplied at a time. */
const BLOCK = 4096;

/** Heads [from, to) of one layer. */
export interface HeadWork extends UnitWork {
  kind: 'heads';
  layer: number;
}

/** Heads by their pairs, and what of their statistics needs their factors. */
export const heads: UnitKind<HeadWork> = {
  kind: 'heads',
  plan: (facts, { what, layers }) =>
    // Statistics of heads that need their factors are made with them.
    (what.includes('heads') || what.includes('statistics') ? facts.heads : [])
      .filter(({ layer }) => layers.includes(layer))
      .map((layer) => ({ of: { kind: 'heads', layer: layer.layer }, ranges: sharingHeads(layer) })),
  cost: (facts, settings, work, rates) => {
    const { vocab, width } = facts;
    const count = work.to - work.from;
    const e = vocab * width * 4;
    const layer = facts.heads.find((heads) => heads.layer === work.layer);
    if (!layer) return { operations: 0, bytesRead: 0, bytesWritten: 0, memory: 0, seconds: 0 };
    const { heads, kvHeads, headDim } = layer;
    const kv = Math.ceil(((work.to - work.from) * kvHeads) / heads);
    const factors = 2 * vocab * width * headDim * (2 * count + 2 * kv);
    const pairs = 2 * count * (2 * vocab * vocab * headDim);
    const rows = 4 * count * settings.pairs;
    const listed = settings.what.includes('heads') ? 1 : 0;
    // The tokens' own places for each matrix, and the words of the relations.
    const own = settings.what.includes('statistics') ? 2 * count * 2 * 4500 * vocab * headDim : 0;
    return {
      operations: factors + pairs * listed + own,
      bytesRead: facts.embeddingBytes + width * headDim * (2 * count + 2 * kv) * 4,
      bytesWritten: listed * (rows * PAIR_ROW + 4 * vocab * Math.min(settings.columns, count) * ARRAY_ROW),
      memory: e + vocab * headDim * 4 * (count + kv) * 2 + vocab * count * 32,
      seconds: factors / rates.factors + (pairs * listed) / rates.pairs + own / rates.factors,
    };
  },
  title: ({ layer }) => `heads, layer ${layer}`,
  file: ({ layer }) => `layer-${String(layer).padStart(4, '0')}`,
  lists: () => ({ group: 'heads', count: HEAD_MATRICES.length }),
  compute: headUnit,
};

/** Heads [from, to) of a layer: their best and worst pairs, and for each token those heads' diagonal entries. */
async function headUnit(unit: HeadWork, context: UnitContext, run: RunOptions): Promise<UnitResult> {
  const { model, facts, settings, engine, floors } = context;
  const { layer, from, to } = unit;
  const [listed, statistics] = [settings.what.includes('heads'), settings.what.includes('statistics')];
  const pairs = new PairRows();
  const numbers = new FactorStatistics();
  const arrays: Arrays = {};
  const offset = headNumber(facts.heads, layer) + from;
  const steps = HEAD_MATRICES.length * (to - from) * SIGNS.length;
  let done = 0;
  for (const matrix of HEAD_MATRICES) {
    const [first, second] = [
      await layerFactors(context, layer, SIDES[matrix][0], from, to, run),
      await layerFactors(context, layer, SIDES[matrix][1], from, to, run),
    ];
    const [a, b] = [first.factors, second.factors];
    const masks = await pairMasks(model, matrix, { embedding: settings.embedding, signal: run.signal });
    if (statistics) {
      const factors = (head: number) => ({ a: a[head - from], b: b[head - from] });
      await numbers.add(context, unit, matrix, factors, { first: first.f, second: second.f }, run);
    }
    if (!listed) continue;
    const readable = (token: number) => masks.maskA?.[token] !== 0 && masks.maskB?.[token] !== 0;
    const diagonals: Float64Array[] = [];
    for (let head = from; head < to; head++) {
      throwIfAborted(run.signal);
      const own = { a: a[head - from], b: b[head - from] };
      for (const sign of SIGNS) {
        const end = sign === '+' ? 'top' : 'bottom';
        const found = await engine.topPairs(own.a, own.b, { signal: run.signal, k: settings.pairs, end, ...masks });
        pairs.add(layer, head, matrix, sign, found);
        run.progress?.(++done / steps);
      }
      diagonals.push(
        Float64Array.from({ length: own.a.rows }, (_, token) =>
          readable(token) ? pairScore(own, token, token) : Number.NaN,
        ),
      );
    }
    for (const sign of SIGNS) {
      const kept = floors
        .of('heads', matrix, sign, facts.vocab, settings.columns)
        .keep(rankedHeads(diagonals, sign), offset);
      for (const [name, array] of Object.entries(kept)) arrays[`${matrix}${sign}${name}`] = array;
    }
  }
  return {
    tables: {
      ...(listed && { head_pairs: pairs.columns(), heads: headColumns(context, pairs.lists()) }),
      ...numbers.tables,
    },
    arrays: { ...arrays, ...pairs.places(offset - from), ...numbers.arrays },
  };
}

/** How many heads come before this layer's: a head's number in the atlas counts over all layers. */
export function headNumber(heads: readonly { layer: number; heads: number }[], layer: number): number {
  return heads.filter((other) => other.layer < layer).reduce((sum, other) => sum + other.heads, 0);
}

/**
 * One side's factors [V, d_head] of heads [from, to): what `headFactor` gives for each, but E is divided once for all
 * of them, and heads of a group share their kv head's factor.
 */
async function layerFactors(
  context: UnitContext,
  layer: number,
  part: 'q' | 'k' | 'v' | 'o',
  from: number,
  to: number,
  { signal }: RunOptions,
): Promise<{ factors: Matrix[]; f?: Float64Array }> {
  const { settings, engine } = context;
  const model = interactionsOf(context.model);
  const kind = `attn.${part}` as const;
  const source = parameter(model, `layer.${layer}.${kind}`);
  const heads = headCount(model, layer);
  const own = (head: number): number => sharedHead(head, heads, source.shape[0]);
  const r = source.count / source.shape[0];
  const [first, last] = [own(from), own(to - 1)];
  const e = await embedding(model, embeddingOf(kind, settings.embedding), signal);
  // Statistics alone divide by nothing.
  const f = settings.what.includes('heads') ? divisorOf(context, kind) : undefined;
  // The vectors of all these heads in one product: E is divided, checked and copied once for them.
  const range = { start: first * r, end: (last + 1) * r };
  const w = await readVectors(model, { layer, kind, source }, { ...range, foldNorm: settings.foldNorm, signal });
  const factors = Array.from({ length: last + 1 - first }, (_, i): Matrix => {
    const name = `factor ${part} of head ${layer}:${first + i}`;
    return { data: new Float32Array(e.rows * r), rows: e.rows, columns: r, name };
  });
  for (let start = 0; start < e.rows; start += BLOCK) {
    const { data, columns, rows } = await engine.matmul(scaledRows(e, f, start, Math.min(start + BLOCK, e.rows)), w, {
      signal,
    });
    for (const [i, factor] of factors.entries()) {
      for (let row = 0, at = i * r; row < rows; row++, at += columns)
        factor.data.set(data.subarray(at, at + r), (start + row) * r);
    }
  }
  return { factors: Array.from({ length: to - from }, (_, i) => factors[own(from + i) - first]), f };
}

/** Every token's heads in order of their diagonal entries. */
function rankedHeads(diagonals: readonly Float64Array[], sign: '+' | '-'): Ranked {
  const k = diagonals.length;
  const tokens = diagonals[0].length;
  const ranked = { k, index: new Uint32Array(tokens * k), score: new Float64Array(tokens * k) };
  const direction = sign === '+' ? -1 : 1;
  const order = Array.from({ length: k }, (_, i) => i);
  for (let token = 0; token < tokens; token++) {
    order.sort((a, b) => direction * (diagonals[a][token] - diagonals[b][token]) || a - b);
    for (let i = 0; i < k; i++) {
      ranked.index[token * k + i] = order[i];
      ranked.score[token * k + i] = diagonals[order[i]][token];
    }
  }
  return ranked;
}

/** One row per head and matrix. */
function headColumns({ model, facts }: UnitContext, lists: readonly PairList[]) {
  const rows = lists.filter(({ sign }) => sign === '+');
  const minus = rows.map((row) => lists.find((l) => l.head === row.head && l.matrix === row.matrix && l.sign === '-')!);
  const label = ({ first, second, length }: PairColumns): string =>
    Array.from({ length: Math.min(length, LABELS) }, (_, i) =>
      [first[i], second[i]].map((token) => labelOf(model, token)).join('→'),
    ).join(' ');
  const { heads, kvHeads } = facts.heads.find(({ layer }) => layer === rows[0].layer)!;
  return {
    layer: rows.map(({ layer }) => layer),
    head: rows.map(({ head }) => head),
    kv_head: rows.map(({ head }) => sharedHead(head, heads, kvHeads)),
    matrix: rows.map(({ matrix }) => matrix),
    best: rows.map(({ score }) => score[0]),
    worst: minus.map(({ score }) => score[0]),
    top: rows.map(label),
    bottom: minus.map(label),
  };
}

interface PairColumns {
  length: number;
  first: Uint32Array;
  second: Uint32Array;
  score: Float64Array;
}

interface PairList extends PairColumns {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  sign: string;
}

/** Collects lists of pairs as rows of head_pairs. */
class PairRows {
  readonly #lists: PairList[] = [];

  add(layer: number, head: number, matrix: HeadMatrix, sign: string, found: PairColumns): void {
    this.#lists.push({ layer, head, matrix, sign, ...found });
  }

  /** By head, then matrix, as the tables are sorted; the sort is stable, so signs keep their order. */
  lists(): PairList[] {
    return [...this.#lists].sort((a, b) => a.head - b.head);
  }

  columns() {
    const lists = this.lists();
    const total = lists.reduce((sum, { length }) => sum + length, 0);
    const rows = {
      layer: new Int32Array(total),
      head: new Int32Array(total),
      matrix: new Array<string>(total),
      sign: new Array<string>(total),
      rank: Int32Array.from({ length: total }),
      first: new Int32Array(total),
      second: new Int32Array(total),
      score: new Float64Array(total),
    };
    let at = 0;
    for (const { layer, head, matrix, sign, length, first, second, score } of lists) {
      rows.layer.fill(layer, at, at + length);
      rows.head.fill(head, at, at + length);
      rows.matrix.fill(matrix, at, at + length);
      rows.sign.fill(sign, at, at + length);
      for (let i = 0; i < length; i++) rows.rank[at + i] = i + 1;
      rows.first.set(first.subarray(0, length), at);
      rows.second.set(second.subarray(0, length), at);
      rows.score.set(score.subarray(0, length), at);
      at += length;
    }
    return rows;
  }

  /** The pairs' tokens under the head's number in the atlas, for `pair_rank`. */
  places(offset: number): Arrays {
    return Object.fromEntries(
      this.#lists.flatMap(({ head, matrix, sign, length, first, second }) => {
        const name = `pairs ${head + offset} ${matrix}${sign}`;
        return [
          [`${name} first`, first.slice(0, length)],
          [`${name} second`, second.slice(0, length)],
        ];
      }),
    );
  }
}
