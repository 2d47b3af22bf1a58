import type { RunOptions } from '../../engine/engine.ts';
import { rowsKept } from '../../reading/applied.ts';
import { embedding, embeddingOf, norm } from '../../reading/embedding.ts';
import { parameter } from '../../reading/parameters.ts';
import type { Work } from '../work.ts';
import { concatenated, type UnitContext, type UnitResult } from './context.ts';
import { rankedRows, repeated } from './neurons.ts';

/** Position embeddings, norm gains and biases [from, to), read as they are: no normaliser is defined for them. */
export async function directionUnit(
  unit: Extract<Work, { kind: 'directions' }>,
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
