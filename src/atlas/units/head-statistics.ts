import type { Matrix, RunOptions } from '../../engine/engine.ts';
import type { HeadFactors } from '../../reading/factors.ts';
import { RELATIONS } from '../../reading/relations/relations.ts';
import { measuredHeads, measuresOf } from '../../reading/statistics/measures.ts';
import { shareColumns } from '../../reading/statistics/relation-columns.ts';
import { relationScores } from '../../reading/statistics/relations.ts';
import type { HeadMatrix } from '../../reading/types.ts';
import type { UnitContext } from './context.ts';
import { HeadColumns } from './head-columns.ts';
import { columnsOf, type Rows } from './rows.ts';

/** The statistics of heads that need their factors, which the heads' unit has at hand. */
export class FactorStatistics {
  readonly #heads = new HeadColumns();
  readonly #relations: Rows = [];

  /** Heads [from, to) of a layer; `factors` as they are divided by `first` and `second` (nothing: by nothing). */
  async add(
    { model, settings, engine }: UnitContext,
    { layer, from, to }: { layer: number; from: number; to: number },
    matrix: HeadMatrix,
    factors: (head: number) => HeadFactors,
    divisors: { first?: Float64Array; second?: Float64Array },
    { signal }: RunOptions,
  ): Promise<void> {
    const options = {
      ...{ engine, signal, from, to, foldNorm: settings.foldNorm, embedding: settings.embedding },
      factors: (head: number): HeadFactors => {
        const { a, b } = factors(head);
        return { a: undivided(a, divisors.first), b: undivided(b, divisors.second) };
      },
    };
    for (const measure of measuresOf('factors')) {
      for (const { head, values } of await measuredHeads(model, layer, matrix, measure, options))
        this.#heads.add({ layer, head, matrix }, values);
    }
    // Relations are between words: without a tokenizer there are none.
    if (matrix !== 'vo' || !model.vocabulary) return;
    for (const found of await relationScores(model, layer, RELATIONS, options)) {
      const { head, relation, pairs, given, promoted, suppressed } = found;
      this.#relations.push({
        ...{ layer, head, matrix, relation, pairs, given, identity: promoted.copying?.identity ?? null },
        ...shareColumns('promoted', promoted),
        ...shareColumns('suppressed', suppressed),
      });
    }
  }

  get arrays() {
    return this.#heads.arrays;
  }

  get tables() {
    return this.#relations.length > 0 ? { head_relations: columnsOf(this.#relations) } : {};
  }
}

/** The factor of E itself from that of E / f: rows times f, so that no second product with E is needed. */
function undivided(factor: Matrix, f: Float64Array | undefined): Matrix {
  if (!f) return factor;
  const { columns } = factor;
  const data = factor.data.slice();
  for (let row = 0, at = 0; row < factor.rows; row++) for (const end = at + columns; at < end; at++) data[at] *= f[row];
  return { ...factor, data };
}
