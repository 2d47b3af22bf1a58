import type { Matrix } from '../../engine/engine.ts';
import type { Model } from '../../model/types.ts';
import { factorOf, type HeadFactors, type HeadPart, headCount, headVectors, PARTS, sharedHead } from '../factors.ts';
import { interactionsOf, parameter } from '../parameters.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { gaussian } from './nulls.ts';

export interface LayerOptions extends ReadOptions {
  /** Heads [from, to) of the layer; default all. */
  from?: number;
  to?: number;
  /** Random heads the null is measured on; default 4. 0: no such null. */
  randomHeads?: number;
  seed?: number;
  /** A head's factors where the caller has them already, made with the same options. */
  factors?: (head: number) => HeadFactors | Promise<HeadFactors>;
}

/** Query heads [from, to) of a layer as options say. */
export function headRange(model: Model, layer: number, { from = 0, to }: LayerOptions): [from: number, to: number] {
  return [from, to ?? headCount(model, layer)];
}

/** By nothing unless something else is asked for, `undefined` included: readings are normalised by `freq` then. */
const plain = (options: ReadOptions): ReadOptions => ({ ...options, normalize: options.normalize ?? 'none' });

/** Calls `visit` with the factors of each head in turn; a factor that heads share is made once. */
export async function eachHead(
  model: Model,
  layer: number,
  matrix: HeadMatrix,
  options: LayerOptions,
  visit: (head: number, factors: HeadFactors) => Promise<void>,
): Promise<void> {
  const [from, to] = headRange(model, layer, options);
  const heads = headCount(model, layer);
  const last = new Map<HeadPart, { own: number; factor: Matrix }>();
  const factor = async (head: number, part: HeadPart): Promise<Matrix> => {
    const own = sharedHead(head, heads, parameter(model, `layer.${layer}.attn.${part}`).shape[0]);
    const known = last.get(part);
    if (known?.own === own) return known.factor;
    const w = await headVectors(model, layer, head, part, options);
    const made = await factorOf(model, w, part, plain(options));
    last.set(part, { own, factor: made.factor });
    return made.factor;
  };
  const { first, second } = PARTS[matrix];
  for (let head = from; head < to; head++) {
    const given = await options.factors?.(head);
    await visit(head, given ?? { a: await factor(head, first), b: await factor(head, second) });
  }
}

/** The factors of a head of normal random numbers, of the shape that this model's heads have. */
export async function randomHead(
  model: Model,
  matrix: HeadMatrix,
  seed: number,
  options: ReadOptions,
): Promise<HeadFactors> {
  const layer = [...model.parameters.keys()].find((name) => name.endsWith('.attn.q'))?.split('.')[1] ?? '0';
  const side = async (part: HeadPart, own: number): Promise<Matrix> => {
    const { shape, width, count } = parameter(interactionsOf(model), `layer.${layer}.attn.${part}`);
    const rows = count / shape[0];
    const data = Float32Array.from(gaussian(rows * width, own));
    const w = { data, rows, columns: width, name: `random head ${seed}` };
    return (await factorOf(model, w, part, plain(options))).factor;
  };
  const { first, second } = PARTS[matrix];
  return { a: await side(first, 2 * seed), b: await side(second, 2 * seed + 1) };
}
