import type { Model, Parameter } from '../model/types.ts';
import { readRowsOf } from './difference.ts';
import type { SharedTokens } from './shared-tokens.ts';

/**
 * Both models with B's rows of `embed` and `unembed` where A has the tokens of the same text, so that a table in which
 * tokens stand otherwise is compared token by token. Rows that are no shared token's are zeros in both.
 */
export function matchedTables(a: Model, b: Model, shared: SharedTokens): { a: Model; b: Model } {
  const own = new Map(Array.from(shared.a, (id) => [id, id]));
  const theirs = new Map(Array.from(shared.a, (id, i) => [id, shared.b[i]]));
  return { a: withRows(a, own), b: withRows(b, theirs) };
}

function withRows(model: Model, rowOf: ReadonlyMap<number, number>): Model {
  const parameters = new Map(model.parameters);
  for (const name of ['embed', 'unembed'] as const) {
    const table = parameters.get(name);
    if (table) parameters.set(name, inRows(table, rowOf));
  }
  return { ...model, parameters, derived: true };
}

const inRows = (table: Parameter, rowOf: ReadonlyMap<number, number>): Parameter => ({
  ...table,
  read: (start = 0, end = table.count, signal, how) =>
    readRowsOf(
      table,
      Array.from({ length: end - start }, (_, i) => rowOf.get(start + i)),
      signal,
      how,
    ),
});
