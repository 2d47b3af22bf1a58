import type { Ranked, RunOptions } from '../../engine/engine.ts';
import type { Model } from '../../model/types.ts';
import { rowsKept } from '../../reading/applied.ts';
import { embedding, embeddingOf, norm } from '../../reading/embedding.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { ARRAY_ROW, LIST_ROW, share, TOKEN_ROW, total } from '../cost.ts';
import { constant } from '../parquet.ts';
import { LABELS, SIGNS } from '../schema.ts';
import { divisorOf, readRange, type UnitContext, type UnitResult } from './context.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { rangesOf } from './ranges.ts';
import { labelOf } from './tokens.ts';

/** Neurons [from, to) over all layers and experts. */
export interface NeuronWork extends UnitWork {
  kind: 'neurons';
  part: NeuronPart;
}

/** Neurons by their tokens, and tokens by their neurons. */
export const neurons: UnitKind<NeuronWork> = {
  kind: 'neurons',
  plan: (facts, settings) => {
    const ranges = rangesOf(facts.neurons).filter((_, i) => settings.layers.includes(facts.neurons[i].layer));
    return (settings.what.includes('neurons') ? facts.parts : []).map((part) => ({
      of: { kind: 'neurons', part },
      ranges,
    }));
  },
  cost: (facts, settings, work, rates) => {
    const { vocab, width } = facts;
    const count = work.to - work.from;
    const e = vocab * width * 4;
    const products = 2 * count * vocab * width;
    const top = Math.min(settings.top, vocab);
    // Entries better than what is known so far: at most all, and few once other units are done.
    const columns = 2 * vocab * Math.min(settings.columns, count);
    return {
      operations: products,
      bytesRead: facts.embeddingBytes + share(facts.vectors[`ff.${work.part}`] ?? [], count),
      bytesWritten: 2 * count * top * LIST_ROW + columns * (ARRAY_ROW + TOKEN_ROW * (count / total(facts.neurons))),
      memory: e + count * width * 4 + 2 * count * top * 60 + 3 * columns * ARRAY_ROW,
      seconds: products / rates.rows,
    };
  },
  title: ({ part }) => `neurons, ${part}`,
  file: ({ part }) => part,
  lists: ({ part }) => ({ group: part, count: 1 }),
  compute: neuronUnit,
};

/** Neurons [from, to) of one part: their tokens, and in the same pass each token's best neurons among them. */
async function neuronUnit(unit: NeuronWork, context: UnitContext, run: RunOptions): Promise<UnitResult> {
  const { model, facts, settings, engine, floors } = context;
  const { part, from, to } = unit;
  const kind = `ff.${part}` as const;
  const x = await readRange(context, kind, from, to, run);
  const e = await embedding(model, embeddingOf(kind, settings.embedding), run.signal);
  const found = await engine.topRows(x, e, {
    ...run,
    k: settings.top,
    ends: 'both',
    divisor: divisorOf(context, kind),
    mask: await rowsKept(model, kind, 'tokens', { embedding: settings.embedding, signal: run.signal }),
    columns: { k: settings.columns, ends: 'both' },
  });
  const { layer, expert, neuron } = placesOf(facts.neurons, from, to);
  const lists = rankedRows([found.top!, found.bottom!]);
  const n = to - from;
  const each = { k: found.top!.k * 2, n };
  const kept = SIGNS.map((sign) =>
    floors
      .of(kind, '', sign, facts.vocab, settings.columns)
      .keep(sign === '+' ? found.columnTop! : found.columnBottom!, from),
  );
  return {
    tables: {
      neurons: {
        layer,
        expert,
        neuron,
        part: constant(part, n),
        norm: Float64Array.from({ length: n }, (_, i) => norm(x.data.subarray(i * x.columns, (i + 1) * x.columns))),
        reading_norm: Float64Array.from({ length: n }, (_, i) =>
          norm(lists.score.subarray(i * each.k, (i + 1) * each.k)),
        ),
        best: Float64Array.from({ length: n }, (_, i) => found.top!.score[i * found.top!.k]),
        worst: Float64Array.from({ length: n }, (_, i) => found.bottom!.score[i * found.bottom!.k]),
        top: firstLabels(model, found.top!),
        bottom: firstLabels(model, found.bottom!),
      },
      neuron_tokens: {
        layer: repeated(layer, each.k),
        expert: repeated(expert, each.k),
        neuron: repeated(neuron, each.k),
        part: constant(part, n * each.k),
        sign: lists.sign,
        rank: lists.rank,
        token: lists.index,
        score: lists.score,
      },
    },
    arrays: {
      ...Object.fromEntries(
        SIGNS.flatMap((sign, i) => Object.entries(kept[i]).map(([name, array]) => [`${sign}${name}`, array])),
      ),
      // What the overlap of keys and values is counted from.
      ...(settings.what.includes('statistics') && part !== 'up' && { tokens: found.top!.index }),
    },
  };
}

/** Labels of each list's first tokens, with spaces between. */
function firstLabels(model: Model, { k, index }: Ranked): string[] {
  return Array.from({ length: index.length / k }, (_, i) =>
    Array.from(index.subarray(i * k, i * k + Math.min(k, LABELS)), (token) => labelOf(model, token)).join(' '),
  );
}

/** Layer, expert and number within it of neurons [from, to) in model order. */
export function placesOf(
  groups: readonly { layer: number; expert: number; count: number }[],
  from: number,
  to: number,
): { layer: Int32Array; expert: Int32Array; neuron: Int32Array } {
  const n = to - from;
  const places = { layer: new Int32Array(n), expert: new Int32Array(n), neuron: new Int32Array(n) };
  let seen = 0;
  for (const { layer, expert, count } of groups) {
    for (let i = Math.max(from, seen); i < Math.min(to, seen + count); i++) {
      places.layer[i - from] = layer;
      places.expert[i - from] = expert;
      places.neuron[i - from] = i - seen;
    }
    seen += count;
  }
  return places;
}

/** Every value `times` times. */
export function repeated(values: Int32Array, times: number): Int32Array {
  const rows = new Int32Array(values.length * times);
  for (let i = 0; i < values.length; i++) rows.fill(values[i], i * times, (i + 1) * times);
  return rows;
}

/** Rows of vectors' lists: vector by vector, first its `+` list, then its `-` list. */
export function rankedRows(ends: readonly [plus: Ranked, minus: Ranked]): {
  sign: string[];
  rank: Int32Array;
  index: Int32Array;
  score: Float64Array;
} {
  const k = ends[0].k;
  const total = ends[0].index.length + ends[1].index.length;
  const rows = {
    sign: new Array<string>(total),
    rank: new Int32Array(total),
    index: new Int32Array(total),
    score: new Float64Array(total),
  };
  let at = 0;
  for (let start = 0; start < ends[0].index.length; start += k) {
    for (const [end, { index, score }] of ends.entries()) {
      for (let i = 0; i < k; i++, at++) {
        rows.sign[at] = SIGNS[end];
        rows.rank[at] = i + 1;
        rows.index[at] = index[start + i];
        rows.score[at] = score[start + i];
      }
    }
  }
  return rows;
}
