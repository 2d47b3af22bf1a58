import type { Model } from '../../model/types.ts';
import { type HeadPart, hasHeads, headCount, headVectors, PARTS, sharedHead } from '../factors.ts';
import { Kept } from '../kept.ts';
import { parameter } from '../parameters.ts';
import { sampleIndices, seeded } from '../random.ts';
import type { HeadMatrix, ReadOptions } from '../types.ts';
import { DrawnNull } from './drawn.ts';
import { type Dense, dense, squares, timesTransposed, trace, traceOfProduct } from './linear.ts';
import { type Against, type Null, nullOf, rotatedTrace, zScore } from './nulls.ts';

/** Halves of heads that are read on each side, at most: 4,000 pairs of them. */
const HALVES = 64;

/** How well halves of heads fit that do not belong together, in deviations from what turned ones do. */
export class MismatchedFits {
  readonly #null: Null;
  readonly #drawn: DrawnNull;

  constructor(z: readonly number[]) {
    this.#null = nullOf(z);
    this.#drawn = new DrawnNull(z);
  }

  /** A head's fit, `z` deviations from `turned`, among them; mean and sd in units of the fit. */
  against(z: number, turned: Null): Against {
    const { mean, sd } = this.#null;
    return {
      mean: turned.mean + mean * turned.sd,
      sd: sd * turned.sd,
      z: zScore(z, this.#null),
      p: this.#drawn.p(z, 'upper'),
    };
  }
}

const kept = new Kept<MismatchedFits | undefined>();

/** A half of a head: its Gram matrix over the inner dimensions. */
interface Half {
  /** Of all heads with the same parameters in this half, the layer and the number of one. */
  layer: number;
  own: number;
  of: number;
  gram: Dense;
}

/**
 * Fits of first halves (W_V or W_Q) with second halves (W_O or W_K) of other heads, whatever their layers; seeded, at
 * most 64 halves of each kind, made once per model. Undefined where no two halves are of different heads.
 */
export function mismatchedFits(
  model: Model,
  matrix: HeadMatrix,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'>,
): Promise<MismatchedFits | undefined> {
  return kept.get(model, `${matrix} ${options.foldNorm ?? false}`, options.signal, async () => {
    const { first, second } = PARTS[matrix];
    const [firsts, seconds] = [await halves(model, first, options, 1), await halves(model, second, options, 2)];
    const z: number[] = [];
    for (const one of firsts) {
      for (const two of seconds) {
        // One of them may be shared by a group of the other's heads: they belong together all the same.
        const together = one.layer === two.layer && Math.floor((one.own * two.of) / one.of) === two.own;
        const grouped = one.layer === two.layer && Math.floor((two.own * one.of) / two.of) === one.own;
        if (together || grouped || one.gram.rows !== two.gram.rows) continue;
        z.push(zScore(traceOfProduct(one.gram, two.gram), rotatedTrace(traces(one), traces(two), one.gram.rows)));
      }
    }
    return z.length > 0 ? new MismatchedFits(z) : undefined;
  });
}

const traces = ({ gram }: Half) => ({ trace: trace(gram), square: squares(gram) });

async function halves(
  model: Model,
  part: HeadPart,
  options: Pick<ReadOptions, 'foldNorm' | 'signal'>,
  seed: number,
): Promise<Half[]> {
  const places = Array.from({ length: model.dimensions.layers }, (_, layer) => layer).flatMap((layer) => {
    if (!hasHeads(model, layer)) return [];
    const of = parameter(model, `layer.${layer}.attn.${part}`).shape[0];
    return Array.from({ length: of }, (_, own) => ({ layer, own, of }));
  });
  const chosen = sampleIndices(HALVES, places.length, seeded(seed)).map((i) => places[i]);
  const found: Half[] = [];
  for (const { layer, own, of } of chosen) {
    const heads = headCount(model, layer);
    const w = dense(await headVectors(model, layer, sharedHead(own, of, heads), part, options));
    found.push({ layer, own, of, gram: timesTransposed(w, w) });
  }
  return found;
}
