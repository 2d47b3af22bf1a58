import { WeightscopeError } from '../errors.ts';
import { readTensor } from '../formats/read.ts';
import type { Model } from '../model/types.ts';
import { meant } from '../nearest.ts';
import { appliedOf, vocabularyOf } from './applied.ts';
import { embeddingOf } from './embedding.ts';
import { type Expression, expressionError, parseExpression, type VectorName } from './expression.ts';
import { ownHeadVectors } from './factors.ts';
import { neuronVector } from './neuron-vectors.ts';
import { isZero, zeroNote } from './notes.ts';
import { checkIndex, kindOfParameter, parameter, readsTheStream, type VectorKind } from './parameters.ts';
import { type RankOptions, rankVector } from './rank.ts';
import type { EmbeddingName, ReadOptions, VectorReading } from './types.ts';
import { unusedOf } from './unused.ts';

/** A vector from elsewhere: `data` [d], `name` for the reading. */
export interface NamedVector {
  name: string;
  data: Float32Array | Float64Array;
}

/**
 * Reads any vector of the residual stream as words: an {@link parseExpression expression} or numbers from elsewhere.
 * Default `normalize: 'none'`; `freq` only where all the expression's parameters are of one kind (e.g. values).
 * Throws `EXPRESSION_INVALID`, `OUT_OF_RANGE`, `PARAMETER_UNKNOWN`, `TENSOR_MISSING`, `TENSOR_SHAPE`, `TOKEN_UNKNOWN`.
 */
export async function readVector(
  model: Model,
  vector: string | NamedVector,
  options: RankOptions = {},
): Promise<VectorReading> {
  const { normalize = 'none' } = options;
  const name = typeof vector === 'string' ? vector : vector.name;
  const expression = typeof vector === 'string' ? parseExpression(vector) : undefined;
  const kind = expression && commonKind(expression);
  const side = expression && commonSide(expression);
  if (normalize === 'freq' && !kind) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      'Expected `none` or `cosine` for this vector: `freq` is defined for feed-forward and attention vectors of one kind only.',
    );
  }
  const data = typeof vector === 'string' ? await vectorOf(model, vector, options) : Float32Array.from(vector.data);
  checkWidth(model, data.length, name);
  if (!data.every(Number.isFinite))
    throw new WeightscopeError('NOT_FINITE', `Expected finite numbers within fp32's range in ${name}, found others.`);
  const x = { data, rows: 1, columns: data.length, name };
  const { f, ...ranked } = await rankVector(model, x, { normalize, kind, side }, options);
  const applied = await appliedOf(model, options, { kinds: [side], used: [f] });
  if (isZero(data)) applied.notes.push(zeroNote(model, 'This vector'));
  if (normalize === 'none' && expression && isSumOfTokens(expression)) {
    applied.notes.push(
      'Plain products put tokens with long rows of E first; `cosine` is the usual normaliser for sums of tokens.',
    );
  }
  return { model: model.name, vector: name, normalize, applied, ...ranked };
}

/** The vector an expression stands for, [d]: computed in fp64, rounded once to fp32. */
export async function vectorOf(model: Model, text: string, options: ReadOptions = {}): Promise<Float32Array> {
  const expression = parseExpression(text);
  // Tokens have no side of their own: beside vectors of one side they are rows of the table that these stand against.
  const e = embeddingOf(commonSide(expression), options.embedding);
  const evaluate = async (node: Expression): Promise<number | Float64Array> => {
    switch (node.kind) {
      case 'number':
        return node.value;
      case 'negate':
        return times(await evaluate(node.of), -1);
      case 'vector':
        return Float64Array.from(await located(text, node, () => named(model, node, e, options)));
      case '*': {
        const [left, right] = [await evaluate(node.left), await evaluate(node.right)];
        return typeof right === 'number' ? times(left, right) : times(right, left as number);
      }
      default:
        return plus(await evaluate(node.left), await evaluate(node.right), node.kind === '+' ? 1 : -1);
    }
  };
  // The parser lets through nothing that ends as a number.
  return Float32Array.from((await evaluate(expression)) as Float64Array);
}

const times = (x: number | Float64Array, by: number) => (typeof x === 'number' ? x * by : x.map((value) => value * by));

function plus(x: number | Float64Array, y: number | Float64Array, sign: 1 | -1): number | Float64Array {
  if (typeof x === 'number') return x + sign * (y as number);
  return x.map((value, i) => value + sign * (y as Float64Array)[i]);
}

/** Says where in the expression a name stands that the model does not know. */
async function located<T>(text: string, { at }: { at: number }, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof WeightscopeError)) throw error;
    throw expressionError(text, at, error.message, error);
  }
}

async function named(model: Model, vector: VectorName, e: EmbeddingName, options: ReadOptions): Promise<Float32Array> {
  const { signal, foldNorm } = options;
  const row = (name: string, index: number, what: string) => parameterRow(model, name, index, what, signal);
  switch (vector.type) {
    case 'neuron':
      return neuronVector(model, vector.layer, vector.neuron, vector.part, { expert: vector.expert, foldNorm, signal });
    case 'head': {
      const { layer, head, part, index } = vector;
      const all = await ownHeadVectors(model, layer, head, part, { foldNorm, signal });
      checkIndex(index, all.rows, `${part}[i]`);
      return all.data.subarray(index * all.columns, (index + 1) * all.columns);
    }
    case 'token':
      return row(e, tokenId(model, vector.text), 'token');
    case 'tokenId':
      return row(e, vector.id, 'token');
    case 'position':
      if (!model.parameters.has('positions')) throw noPositions(model, vector.index);
      return row('positions', vector.index, 'position');
    case 'parameter':
      checkName(model, vector.name);
      return row(vector.name, vector.row ?? onlyRow(model, vector.name), 'row');
    case 'tensor':
      return tensorRow(model, vector.name, vector.row, signal);
  }
}

function noPositions(model: Model, index: number): WeightscopeError {
  const [how] = unusedOf(model).flatMap(({ what, name }) => (what === 'position' ? [name] : []));
  return new WeightscopeError(
    'PARAMETER_UNKNOWN',
    `Expected a model with learned position embeddings for pos:${index}, but ${model.name} has none: its positions (${how ?? 'as the model makes them'}) are made inside attention and are no vectors of the residual stream.`,
  );
}

/** A bare word that is no parameter may be meant as a token. */
function checkName(model: Model, name: string): void {
  if (model.parameters.has(name)) return;
  const token = [` ${name}`, name].find((text) => model.vocabulary?.find(text).length);
  if (token === undefined) return; // The name is refused when its parameter is looked for.
  throw new WeightscopeError(
    'PARAMETER_UNKNOWN',
    `Expected a vector, got the bare word ${JSON.stringify(name)}; is the token tok:${JSON.stringify(token)} meant?`,
  );
}

async function parameterRow(model: Model, name: string, index: number, what: string, signal?: AbortSignal) {
  const source = parameter(model, name);
  checkWidth(model, source.width, name);
  checkIndex(index, source.count, what);
  return source.read(index, index + 1, signal);
}

function onlyRow(model: Model, name: string): number {
  const { count } = parameter(model, name);
  if (count === 1) return 0;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected ${name}[i] with i in 0..${count - 1}, got ${name}, which has ${count} vectors.`,
  );
}

function tokenId(model: Model, text: string): number {
  const [id] = vocabularyOf(model, `tok:${JSON.stringify(text)}`).find(text);
  if (id !== undefined) return id;
  const spaced = text.startsWith(' ') ? text.slice(1) : ` ${text}`;
  const near = model.vocabulary?.find(spaced).length ? `; there is tok:${JSON.stringify(spaced)}` : '';
  throw new WeightscopeError(
    'TOKEN_UNKNOWN',
    `Expected the exact text of one token, leading space included, got ${JSON.stringify(text)}${near}.`,
  );
}

/** One row of a tensor in the file, counted along its last axis. */
async function tensorRow(model: Model, name: string, row: number | undefined, signal?: AbortSignal) {
  const info = model.tensors.get(name);
  if (!info) {
    throw new WeightscopeError(
      'TENSOR_MISSING',
      `Expected a tensor of ${model.name}, got "${name}"${meant(name, model.tensors.keys())}; its names are those in the file, such as ${[...model.tensors.keys()].slice(0, 3).join(', ')}.`,
    );
  }
  const width = info.shape[info.shape.length - 1] ?? 1;
  checkWidth(model, width, `a row of ${name} [${info.shape.join(', ')}]`);
  const rows = info.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  if (row === undefined && rows > 1) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected tensor:${name}[row] with row in 0..${rows - 1}, got no row.`,
    );
  }
  const index = row ?? 0;
  checkIndex(index, rows, 'row');
  if (info.shape.length === 1) return readTensor(info, { signal });
  // The reader counts rows along the first axis: a row of a deeper tensor is a piece of one of those.
  const perSlab = rows / info.shape[0];
  const slab = Math.floor(index / perSlab);
  const data = await readTensor(info, { rowStart: slab, rowEnd: slab + 1, signal });
  const start = (index - slab * perSlab) * width;
  return data.subarray(start, start + width);
}

function checkWidth(model: Model, width: number, name: string): void {
  const { hidden } = model.dimensions;
  if (width === hidden) return;
  throw new WeightscopeError(
    'TENSOR_SHAPE',
    `Expected a vector of the residual stream's width, ${hidden}, got ${width} numbers in ${name}.`,
  );
}

/** The one kind of feed-forward or attention vector in an expression, if there is just one and nothing else. */
function commonKind(expression: Expression): VectorKind | undefined {
  const kinds = new Set(vectorsOf(expression).map(kindOf));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

/**
 * A kind on the one side of the residual stream that all vectors but tokens are on; undefined: they are on none, or on
 * both.
 */
function commonSide(expression: Expression): VectorKind | undefined {
  const kinds = vectorsOf(expression).flatMap((vector) => (isToken(vector) ? [] : [kindOf(vector)]));
  const [first] = kinds;
  const alike = kinds.every((kind) => kind && first && readsTheStream(kind) === readsTheStream(first));
  return alike ? first : undefined;
}

const isSumOfTokens = (expression: Expression): boolean => {
  const vectors = vectorsOf(expression);
  return vectors.length > 1 && vectors.every(isToken);
};

const isToken = ({ type }: VectorName): boolean => type === 'token' || type === 'tokenId';

/** The vectors that an expression names, from left to right. */
function vectorsOf(expression: Expression): VectorName[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'vector':
      return [expression];
    case 'negate':
      return vectorsOf(expression.of);
    default:
      return [...vectorsOf(expression.left), ...vectorsOf(expression.right)];
  }
}

function kindOf(vector: VectorName): VectorKind | undefined {
  if (vector.type === 'neuron') return `ff.${vector.part}`;
  if (vector.type === 'head') return `attn.${vector.part}`;
  return vector.type === 'parameter' ? kindOfParameter(vector.name) : undefined;
}
