import type { RunOptions } from '../../engine/engine.ts';
import { rowsKept } from '../../reading/applied.ts';
import { embedding, embeddingOf, norm } from '../../reading/embedding.ts';
import { parameter } from '../../reading/parameters.ts';
import { LIST_ROW } from '../cost.ts';
import { concatenated, type UnitContext, type UnitResult } from './context.ts';
import type { UnitKind, UnitWork } from './kind.ts';
import { rankedRows, repeated } from './neurons.ts';
import { rangesOf } from './ranges.ts';

/** Rows [from, to) of the listed directions. */
export interface DirectionWork extends UnitWork {
  kind: 'directions';
}

/** Directions of the residual stream that are no vectors of neurons or heads. */
export const directions: UnitKind<DirectionWork> = {
  kind: 'directions',
  plan: (facts, { what }) =>
    what.includes('directions') ? [{ of: { kind: 'directions' }, ranges: rangesOf(facts.directions) }] : [],
  cost: (facts, settings, work, rates) => {
    const { vocab, width } = facts;
    const count = work.to - work.from;
    const e = vocab * width * 4;
    const products = 2 * count * vocab * width;
    const top = Math.min(settings.top, vocab);
    return {
      operations: products,
      bytesRead: facts.embeddingBytes + count * width * 4,
      bytesWritten: 2 * count * top * LIST_ROW,
      memory: e + count * width * 4 + 2 * count * top * 60,
      seconds: products / rates.rows,
    };
  },
  compute: directionUnit,
};

/** Position embeddings, norm gains and biases [from, to), read as they are: no normaliser is defined for them. */
async function directionUnit(
  unit: DirectionWork,
  { model, facts, settings, engine }: UnitContext,
  run: RunOptions,
): Promise<UnitResult> {
  const names: string[] = [];
  const index: number[] = [];
  const data: Float32Array[] = [];
  let seen = 0;
  for (const { name, count } of facts.directions) {
    const [start, end] = [Math.max(unit.from - seen, 0), Math.min(unit.to - seen, count)];
    seen += count;
    if (start >= end) continue;
    data.push(await parameter(model, name).read(start, end, run.signal));
    for (let i = start; i < end; i++) {
      names.push(name);
      index.push(i);
    }
  }
  const e = await embedding(model, embeddingOf(undefined, settings.embedding), run.signal);
  const d = e.columns;
  const x = { data: concatenated(data), rows: names.length, columns: d, name: 'directions' };
  const found = await engine.topRows(x, e, {
    ...run,
    k: settings.top,
    ends: 'both',
    mask: await rowsKept(model, undefined, 'tokens', { embedding: settings.embedding, signal: run.signal }),
  });
  const lists = rankedRows([found.top!, found.bottom!]);
  const each = found.top!.k * 2;
  return {
    tables: {
      directions: {
        name: names,
        index: Int32Array.from(index),
        norm: Float64Array.from({ length: x.rows }, (_, i) => norm(x.data.subarray(i * d, (i + 1) * d))),
      },
      direction_tokens: {
        name: names.flatMap((name) => new Array<string>(each).fill(name)),
        index: repeated(Int32Array.from(index), each),
        sign: lists.sign,
        rank: lists.rank,
        token: lists.index,
        score: lists.score,
      },
    },
  };
}
