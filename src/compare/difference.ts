import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { fingerprint } from '../model/fingerprint.ts';
import type { Model, Parameter } from '../model/types.ts';
import { quote } from '../quote.ts';
import { kindOfParameter, readsTheStream, readVectors } from '../reading/parameters.ts';
import { interactionParameters } from './interactions.ts';
import { type SharedTokens, sharedInWords, sharedTokens } from './shared-tokens.ts';

/** What words are read with: of a difference these are the base's. */
type Table = 'embed' | 'unembed';

const isTable = (name: string): name is Table => name === 'embed' || name === 'unembed';

/**
 * What a model has that its base has not, as a model: every parameter is the tuned one minus the base's, read lazily
 * from both; formats, files and number types may differ. Vocabulary, E and normalisers are the base's. `change.embed`
 * and `change.unembed` are how far the rows of E moved, tokens matched by their text. Interactions of heads are the
 * exact differences of both models' interactions, of rank r1 + r2. Closing it closes both. Throws `ARGUMENT_INVALID`
 * where the models' vectors have different lengths.
 */
export function difference(base: Model, tuned: Model): Model {
  refuseStrangers(base, tuned);
  const tokens = matched(base, tuned);
  const parameters = new Map<string, Parameter>();
  const reshaped: string[] = [];
  for (const [name, before] of base.parameters) {
    const after = tuned.parameters.get(name);
    if (!after) continue;
    if (isTable(name)) {
      parameters.set(name, before);
      if (tokens.shared) parameters.set(`change.${name}`, movedRows(name, base, tuned, tokens.shared));
      continue;
    }
    if (!sameShape(before, after)) reshaped.push(name);
    else parameters.set(name, minus(name, base, tuned));
  }
  const made: Model = {
    ...base,
    name: `${tuned.name} minus ${base.name}`,
    parameters,
    tensors: tuned.tensors,
    unread: tuned.unread,
    fingerprint: fingerprint({ base: base.fingerprint, tuned: tuned.fingerprint }, new Map()),
    cache: undefined,
    derived: true,
    notes: [...notesOf(base, tuned, reshaped, tokens.notes)],
    normalisedAs: base,
    close: async () => {
      await Promise.all([base.close(), tuned.close()]);
    },
  };
  const interactions: Model = { ...made, parameters: new Map([...parameters, ...interactionParameters(base, tuned)]) };
  return { ...made, interactions };
}

function refuseStrangers(base: Model, tuned: Model): void {
  const [one, other] = [base.dimensions.hidden, tuned.dimensions.hidden];
  if (one !== other)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected models whose vectors have one length, got ${quote(tuned.name)} with ${other} and ${quote(base.name)} with ${one}.`,
    );
}

const sameShape = (a: Parameter, b: Parameter): boolean => String(a.shape) === String(b.shape);

type Read = Parameter['read'];

/** The parameter of the tuned model minus the base's: fp32 numbers, their difference rounded once. */
function minus(name: string, base: Model, tuned: Model): Parameter {
  const [before, after] = [base.parameters.get(name)!, tuned.parameters.get(name)!];
  const subtract =
    (a: Read, b: Read): Read =>
    async (start, end, signal, how) => {
      const [x, y] = await Promise.all([a(start, end, signal, how), b(start, end, signal, how)]);
      const out = new Float32Array(x.length);
      for (let i = 0; i < out.length; i++) out[i] = x[i] - y[i];
      return out;
    };
  const [foldedBefore, foldedAfter] = [foldedOf(base, before), foldedOf(tuned, after)];
  return {
    ...before,
    tensors: [...new Set([...after.tensors, ...before.tensors])],
    read: subtract(after.read.bind(after), before.read.bind(before)),
    ...(foldedBefore && foldedAfter && { folded: { read: subtract(foldedAfter, foldedBefore) } }),
  };
}

/** A parameter's vectors with its own model's norm gain multiplied in; undefined where none is. */
function foldedOf(model: Model, source: Parameter): Read | undefined {
  const kind = kindOfParameter(source.name);
  if (!kind || !readsTheStream(kind)) return undefined;
  const layer = Number(source.name.split('.')[1]);
  return async (start, end, signal, { finite } = {}) =>
    (await readVectors(model, { layer, kind, source }, { start, end, foldNorm: true, finite, signal })).data;
}

/** Rows read at a time where they are matched one by one. */
const ROWS = 4096;

/** How far each row of the base's table moved; 0 for a token that the tuned model has not. */
function movedRows(table: Table, base: Model, tuned: Model, { a, b }: SharedTokens): Parameter {
  const rowOf = new Map(Array.from(a, (id, i) => [id, b[i]]));
  const [before, after] = [base.parameters.get(table)!, tuned.parameters.get(table)!];
  const { width } = before;
  return {
    ...before,
    name: `change.${table}`,
    tensors: [...new Set([...after.tensors, ...before.tensors])],
    async read(start = 0, end = before.count, signal, how) {
      const out = new Float32Array((end - start) * width);
      for (let from = start; from < end; from += ROWS) {
        throwIfAborted(signal);
        const to = Math.min(from + ROWS, end);
        const old = await before.read(from, to, signal, how);
        const rows = Array.from({ length: to - from }, (_, i) => rowOf.get(from + i));
        const moved = await readRowsOf(after, rows, signal, how);
        for (let i = 0; i < rows.length; i++) {
          if (rows[i] === undefined) continue;
          const at = (from - start + i) * width;
          for (let j = 0; j < width; j++) out[at + j] = moved[i * width + j] - old[i * width + j];
        }
      }
      return out;
    },
  };
}

/** Some of a parameter's vectors, in runs of neighbours; zeros for those that are undefined. */
export async function readRowsOf(
  of: Parameter,
  rows: readonly (number | undefined)[],
  signal?: AbortSignal,
  how?: { finite?: boolean },
): Promise<Float32Array> {
  const out = new Float32Array(rows.length * of.width);
  for (let from = 0; from < rows.length; ) {
    const first = rows[from];
    let to = from + 1;
    if (first !== undefined) {
      while (to < rows.length && rows[to] === first + to - from) to++;
      out.set(await of.read(first, first + to - from, signal, how), from * of.width);
    }
    from = to;
  }
  return out;
}

/** The tokens of both; where none can be matched, why. */
function matched(base: Model, tuned: Model): { shared?: SharedTokens; notes: string[] } {
  try {
    const shared = sharedTokens(base, tuned);
    // Rows are taken in place where no tokenizer says otherwise: nothing to be said where there are as many.
    const plain = shared.by === 'id' && shared.onlyA.length + shared.onlyB.length === 0;
    return { shared, notes: plain ? [] : sharedInWords(base, tuned, shared) };
  } catch (error) {
    if (!(error instanceof WeightscopeError)) throw error;
    return { notes: [`How far the rows of E moved is not read: ${error.message}`] };
  }
}

function notesOf(base: Model, tuned: Model, reshaped: readonly string[], tokens: readonly string[]): string[] {
  const only = (a: Model, b: Model): string[] => [...a.parameters.keys()].filter((name) => !b.parameters.has(name));
  const lacking = (names: readonly string[], where: string): string[] =>
    names.length === 0
      ? []
      : [`${names.length} ${names.length === 1 ? 'parameter is' : 'parameters are'} ${where}: ${some(names)}.`];
  return [
    `What is read is ${tuned.name} minus ${base.name}; words, E and normalisers are those of ${base.name}.`,
    ...tokens,
    ...lacking(only(tuned, base), `in ${tuned.name} alone`),
    ...lacking(only(base, tuned), `in ${base.name} alone`),
    ...lacking(reshaped, 'of another shape in both, so that they have no difference'),
  ];
}

const some = (names: readonly string[]): string =>
  names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
