import type { Model, Parameter } from '../model/types.ts';
import { headVectors, PARTS } from '../reading/factors.ts';
import {
  type Dense,
  dense,
  orthonormal,
  singular,
  squares,
  times,
  timesTransposed,
  transposed,
} from '../reading/statistics/linear.ts';
import type { HeadMatrix } from '../reading/types.ts';

/** The attention parameters that make products, and the side on which each stands. */
const SIDES = { q: ['qk', 'left'], k: ['qk', 'right'], v: ['vo', 'left'], o: ['vo', 'right'] } as const;
type Part = keyof typeof SIDES;

/** Products that are kept: the two sides of one are asked for one after the other. */
const KEPT = 16;

/**
 * A difference's attention parameters as both sides of the heads' products: `layer.3.attn.v` and `attn.o` such that
 * their product is the difference of the models' V O, exactly and not the product of their differences. [A1, A2] and
 * [B1, -B2] have that product, of rank r1 + r2; but where little changed, their scores are small differences of large
 * numbers, which no bound tells from nothing. So the product's singular directions stand here, each side with the
 * square root of the singular values: the same matrix, in as few and as even numbers as it can be written in. Each
 * query head has its own.
 */
export function interactionParameters(base: Model, tuned: Model): Map<string, Parameter> {
  const products = new Products(base, tuned);
  const found = new Map<string, Parameter>();
  for (const [name, before] of base.parameters) {
    const [, layer, part] = /^layer\.(\d+)\.attn\.([qkvo])$/.exec(name) ?? [];
    if (part === undefined) continue;
    const heads = products.heads(Number(layer));
    if (heads !== undefined) found.set(name, side(products, before, Number(layer), part as Part, heads));
  }
  return found;
}

/** How many vectors each side of a head has: the rank at most. */
function rankOf(base: Model, tuned: Model, layer: number, matrix: HeadMatrix): number {
  const own = (model: Model): number => {
    const { count, shape } = model.parameters.get(`layer.${layer}.attn.${PARTS[matrix].first}`)!;
    return count / shape[0];
  };
  return Math.min(own(base) + own(tuned), base.dimensions.hidden);
}

function side(products: Products, before: Parameter, layer: number, part: Part, heads: number): Parameter {
  const [matrix, which] = SIDES[part];
  const { width } = before;
  const rank = products.rank(layer, matrix);
  const reader =
    (foldNorm: boolean): Parameter['read'] =>
    async (start = 0, end = heads * rank, signal) => {
      const [from, to] = [Math.floor(start / rank), Math.ceil(end / rank)];
      const out = new Float32Array(Math.max(0, to - from) * rank * width);
      for (let head = from; head < to; head++)
        out.set((await products.of(layer, head, matrix, foldNorm, signal))[which], (head - from) * rank * width);
      return out.subarray((start - from * rank) * width, (end - from * rank) * width);
    };
  return {
    ...before,
    shape: part === 'o' ? [heads, rank, width] : [heads, width, rank],
    count: heads * rank,
    read: reader(false),
    folded: { read: reader(true) },
  };
}

/** Both sides of a head's product: fp32 [rank, d] each. */
interface Product {
  readonly left: Float32Array;
  readonly right: Float32Array;
}

class Products {
  readonly #base: Model;
  readonly #tuned: Model;
  readonly #kept = new Map<string, Promise<Product>>();

  constructor(base: Model, tuned: Model) {
    this.#base = base;
    this.#tuned = tuned;
  }

  /** Query heads of a layer that both models have whole; undefined where they differ. */
  heads(layer: number): number | undefined {
    const all = Object.keys(SIDES).map((part) => `layer.${layer}.attn.${part}`);
    const [one, two] = [this.#base.parameters, this.#tuned.parameters];
    if (!all.every((name) => one.has(name) && two.has(name))) return undefined;
    const [heads] = one.get(all[0])!.shape;
    return two.get(all[0])!.shape[0] === heads ? heads : undefined;
  }

  rank(layer: number, matrix: HeadMatrix): number {
    return rankOf(this.#base, this.#tuned, layer, matrix);
  }

  of(layer: number, head: number, matrix: HeadMatrix, foldNorm: boolean, signal?: AbortSignal): Promise<Product> {
    const key = `${layer} ${head} ${matrix} ${foldNorm}`;
    const known = this.#kept.get(key);
    if (known) return known;
    const made = this.#make(layer, head, matrix, foldNorm, signal).catch((error: unknown) => {
      this.#kept.delete(key);
      throw error;
    });
    this.#kept.set(key, made);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest);
    return made;
  }

  async #make(layer: number, head: number, matrix: HeadMatrix, foldNorm: boolean, signal?: AbortSignal) {
    const { first, second } = PARTS[matrix];
    const vectors = async (model: Model, part: Part): Promise<Dense> =>
      dense(await headVectors(model, layer, head, part, { foldNorm: foldNorm && part !== 'o', signal }));
    const [a1, a2, b1, b2] = [
      await vectors(this.#tuned, first),
      await vectors(this.#base, first),
      await vectors(this.#tuned, second),
      await vectors(this.#base, second),
    ];
    const rank = this.rank(layer, matrix);
    const d = a1.columns;
    const [left, right] = [new Float32Array(rank * d), new Float32Array(rank * d)];
    if (same(a1, a2) && same(b1, b2)) return { left, right };
    const one = orthonormal(stacked(a1, a2, 1));
    const two = orthonormal(stacked(b1, b2, -1));
    const { u, s, v } = singular(timesTransposed(one.r, two.r));
    const [x, y] = [transposed(times(one.q, u)), transposed(times(two.q, v))];
    // What is left of sums that cancel is no direction.
    const least = 1e-14 * Math.sqrt((squares(a1) + squares(a2)) * (squares(b1) + squares(b2)));
    for (let i = 0; i < Math.min(rank, s.length); i++) {
      if (s[i] <= least) break;
      const by = Math.sqrt(s[i]);
      for (let j = i * d; j < (i + 1) * d; j++) [left[j], right[j]] = [x.data[j] * by, y.data[j] * by];
    }
    return { left, right };
  }
}

const same = (a: Dense, b: Dense): boolean =>
  a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]);

function stacked(a: Dense, b: Dense, sign: number): Dense {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  for (let i = 0; i < b.data.length; i++) data[a.data.length + i] = sign * b.data[i];
  return { data, rows: a.rows + b.rows, columns: a.columns };
}
