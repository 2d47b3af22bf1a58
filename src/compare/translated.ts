import type { Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';

/** Vectors of the residual stream. Gains of norms, which multiply its numbers, are none. */
const VECTORS = /^(positions|layer\.\d+\.(attn\.([qkvo]|o_bias)|ff\.(\w+\.)?(key|up|value|value_bias|router)))$/;
/** What belongs to no stream, biases of queries among it. */
const INNER = /^layer\.\d+\.(attn|ff)\./;
const TABLES = ['embed', 'unembed'];

/**
 * A's parameters in B's space: every vector x of A is `map` x, and the vocabulary and the tables that it is read with
 * are B's. A model like any other for readings, whose notes say what it is; gains of norms are left behind, since they
 * belong to the numbers of A's own stream. `map` is [dB, dA]. Throws `TENSOR_SHAPE` where it does not fit the two.
 */
export function translated(a: Model, b: Model, map: Matrix): Model {
  const [from, to] = [a.dimensions.hidden, b.dimensions.hidden];
  if (map.columns !== from || map.rows !== to)
    throw new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected a map [${to}, ${from}] from ${a.name} to ${b.name}, got [${map.rows}, ${map.columns}].`,
    );
  const parameters = new Map<string, Parameter>();
  for (const name of TABLES) {
    const table = b.parameters.get(name);
    if (table) parameters.set(name, table);
  }
  for (const [name, parameter] of a.parameters) {
    if (VECTORS.test(name) && parameter.width === from) parameters.set(name, mapped(parameter, map));
    else if (INNER.test(name)) parameters.set(name, parameter);
  }
  return {
    ...a,
    name: `${a.name} in the space of ${b.name}`,
    dimensions: { ...a.dimensions, hidden: to, vocab: b.dimensions.vocab },
    parameters,
    vocabulary: b.vocabulary,
    fingerprint: `${a.fingerprint}-in-${b.fingerprint}`,
    // What is kept under a fingerprint would not know by which map it was made.
    cache: undefined,
    notes: [
      ...a.notes,
      `Vectors of ${a.name} are translated to the space of ${b.name} and read with its tokens; gains of norms stay behind.`,
    ],
    close: async () => undefined,
  };
}

function mapped(parameter: Parameter, map: Matrix): Parameter {
  return {
    ...parameter,
    shape: shapeOf(parameter, map.rows),
    width: map.rows,
    async read(start = 0, end = parameter.count, signal, how) {
      const data = await parameter.read(start, end, signal, how);
      const x = { data, rows: end - start, columns: map.columns, name: parameter.name };
      const engine = await defaultEngine();
      return (await engine.matmul(x, map, { signal })).data;
    },
  };
}

/** W_Q, W_K and W_V are written [heads, d, d_head], everything else has its vectors' width last. */
function shapeOf({ name, shape }: Parameter, width: number): number[] {
  const at = /\.attn\.[qkv]$/.test(name) ? 1 : shape.length - 1;
  return shape.map((size, i) => (i === at ? width : size));
}
