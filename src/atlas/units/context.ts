import type { Engine, Matrix, RunOptions } from '../../engine/engine.ts';
import { WeightscopeError } from '../../errors.ts';
import type { Model } from '../../model/types.ts';
import { parameter, readVectors, type VectorKind } from '../../reading/parameters.ts';
import type { Arrays } from '../arrays.ts';
import { BestLists } from '../best.ts';
import type { ModelFacts } from '../facts.ts';
import type { Values } from '../parquet.ts';
import type { AtlasSettings, Sign, TableName } from '../schema.ts';

/** What all units of one atlas share in one process. */
export interface UnitContext {
  model: Model;
  facts: ModelFacts;
  settings: AtlasSettings;
  engine: Engine;
  /** `freq` normalisers of the atlas, where its settings ask for them. */
  normalisers: ReadonlyMap<VectorKind, Float64Array>;
  floors: Floors;
}

/** A unit's results: rows of finished tables, and arrays for the tables that need all units. */
export interface UnitResult {
  tables: Partial<Record<TableName, Record<string, Values>>>;
  arrays?: Arrays;
}

/** The best lists known to this process (see {@link BestLists}), for one group of units at a time. */
export class Floors {
  #group = '';
  #lists = new Map<string, BestLists>();

  of(group: string, name: string, sign: Sign, lists: number, k: number): BestLists {
    // Units come group by group, so that older groups' lists would only take memory.
    if (group !== this.#group) {
      this.#group = group;
      this.#lists.clear();
    }
    const key = `${name}${sign}`;
    const known = this.#lists.get(key) ?? new BestLists(lists, k, sign);
    this.#lists.set(key, known);
    return known;
  }
}

/** Vectors [from, to) of a kind, counted over all its parameters in model order. */
export async function readRange(
  { model, facts, settings }: UnitContext,
  kind: VectorKind,
  from: number,
  to: number,
  { signal }: RunOptions,
): Promise<Matrix> {
  const data: Float32Array[] = [];
  let [seen, columns] = [0, 0];
  for (const { name, layer, count } of facts.vectors[kind] ?? []) {
    const [start, end] = [Math.max(from - seen, 0), Math.min(to - seen, count)];
    seen += count;
    if (start >= end) continue;
    const source = parameter(model, name);
    const x = await readVectors(model, { layer, kind, source }, { start, end, foldNorm: settings.foldNorm, signal });
    data.push(x.data);
    columns = x.columns;
  }
  return { data: concatenated(data), rows: to - from, columns, name: `${kind} vectors ${from} to ${to}` };
}

export function concatenated(pieces: readonly Float32Array[]): Float32Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The normaliser of a kind, or nothing to divide by. */
export function divisorOf({ settings, normalisers }: UnitContext, kind: VectorKind): Float64Array | undefined {
  if (settings.normalize === 'none') return undefined;
  const f = normalisers.get(kind);
  if (!f) throw new WeightscopeError('ARGUMENT_INVALID', `Expected the normaliser of ${kind} before this unit is run.`);
  return f;
}
