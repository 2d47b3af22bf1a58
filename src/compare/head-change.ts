import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { checkHead, headVectors, PARTS } from '../reading/factors.ts';
import { readHead } from '../reading/heads.ts';
import type { HeadMatrix, ReadOptions } from '../reading/types.ts';
import type { HeadChange } from './changed-words.ts';
import { difference } from './difference.ts';

export interface HeadChangeOptions extends ReadOptions {
  /** Which of the head's matrices; default `vo`. */
  matrix?: HeadMatrix;
  /** How many pairs of each end; default 8. */
  k?: number;
}

/**
 * What changed in one head from A to B: the pairs whose scores rose most and fell most, as {@link diffModels} lists
 * them of the heads that changed most, and how much its two parameters changed, relative. Words are A's, by cosine
 * unless `normalize` says otherwise. Throws `PARAMETER_UNKNOWN` where both have not that head in one shape, and
 * `OUT_OF_RANGE` where A has no such head.
 */
export async function readHeadChange(
  a: Model,
  b: Model,
  layer: number,
  head: number,
  { matrix = 'vo', k = 8, normalize = 'cosine', ...options }: HeadChangeOptions = {},
): Promise<HeadChange> {
  checkHead(a, layer, head);
  const { first, second } = PARTS[matrix];
  const relative = Math.hypot(
    await partChange(a, b, layer, head, first, options.signal),
    await partChange(a, b, layer, head, second, options.signal),
  );
  const change = difference(a, b);
  const ends = async (ascending: boolean) =>
    (await readHead(change, layer, head, { ...options, normalize, k, matrices: [matrix], ascending }))[matrix]!.pairs;
  return { layer, head, matrix, relative, pairs: await ends(false), lowest: await ends(true) };
}

async function partChange(
  a: Model,
  b: Model,
  layer: number,
  head: number,
  part: 'q' | 'k' | 'v' | 'o',
  signal?: AbortSignal,
): Promise<number> {
  const name = `layer.${layer}.attn.${part}`;
  const [one, two] = [a, b].map((model) => model.parameters.get(name)?.shape);
  if (String(one) !== String(two))
    throw new WeightscopeError(
      'PARAMETER_UNKNOWN',
      `Expected ${name} in one shape in both models, found [${one?.join(', ') ?? 'none'}] and [${two?.join(', ') ?? 'none'}]; such heads have no change to list.`,
    );
  const [x, y] = [
    await headVectors(a, layer, head, part, { signal }),
    await headVectors(b, layer, head, part, { signal }),
  ];
  let [own, moved] = [0, 0];
  for (let i = 0; i < x.data.length; i++) {
    own += x.data[i] ** 2;
    moved += (y.data[i] - x.data[i]) ** 2;
  }
  return own === 0 ? (moved === 0 ? 0 : Infinity) : Math.sqrt(moved / own);
}
