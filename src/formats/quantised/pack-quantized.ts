import { readElements } from '../read.ts';
import type { TensorInfo } from '../tensor.ts';
import { packed, packedDown } from './packed.ts';
import { blockOf, scaled } from './scaled.ts';
import { type Decoded, named, present, type Storage, sameShape } from './scheme.ts';

/**
 * compressed-tensors' "pack-quantized": `weight_packed` [out, words] packs a row's numbers, each plus 2^(bits - 1),
 * `weight_scale` is [out, groups], `weight_shape` [2] says in; asymmetric ones have `weight_zero_point` [words,
 * groups], packed downwards, and reordered ones `weight_g_idx` [in], the group of each input. W = scale · (q - zero).
 * Old versions leave the bits of a word unused that hold no whole number; where that is not known, it is refused.
 */
export async function packQuantized(name: string, storage: Storage): Promise<Decoded | undefined> {
  if (!name.endsWith('.weight_packed') || storage.declared?.method !== 'compressed-tensors') return undefined;
  const own = name.slice(0, -'_packed'.length);
  const { tensors } = storage;
  const [words, scale, shape] = [name, `${own}_scale`, `${own}_shape`].map((each) => tensors.get(each));
  if (words?.dtype !== 'I32' || !scale || !shape || words.shape.length !== 2 || !sameShape(shape, 2)) return undefined;
  const [out, inputs] = await readElements(shape, 0, 2);
  const schemes = weightsOf(storage);
  const all = new Set(schemes.map(({ num_bits: bits }) => bits));
  const candidates = [...all].filter((bits) => isPackedBy(bits, inputs, words.shape[1]));
  if (candidates.length !== 1 || out !== words.shape[0]) return undefined;
  const [bits] = candidates;
  const scheme = schemes.find(({ num_bits: own }) => own === bits)!;
  const groups = scale.shape.at(-1) ?? 1;
  const grid = scale.shape.length === 2 ? scale : { ...scale, shape: scale.shape[0] === out ? [out, 1] : [1, 1] };
  const declared = typeof scheme.group_size === 'number' ? ([1, scheme.group_size] as const) : undefined;
  const block = blockOf([out, inputs], grid.shape, declared);
  if (!block) return undefined;
  const offset = -(2 ** (bits - 1));
  const zeroName = `${own}_zero_point`;
  const zero = tensors.has(zeroName) ? zeroPoints(tensors.get(zeroName)!, bits, grid, offset) : undefined;
  if (zero === null) return undefined;
  const order = tensors.get(`${own}_g_idx`);
  if (order && (!sameShape(order, inputs) || grid.shape[1] !== groups)) return undefined;
  // -1 stands for groups that were never reordered.
  const isOrdered = order !== undefined && (await readElements(order, 0, inputs)).every((group) => group >= 0);
  const codes = packed(words, bits, inputs, offset);
  const weight = scaled(codes, { scale: grid, zero, block, columnGroups: isOrdered ? order : undefined });
  return {
    tensor: named(weight, own, `compressed-tensors int${bits}`),
    parts: [name, ...present(storage, `${own}_scale`, `${own}_shape`, zeroName, `${own}_g_idx`)],
  };
}

/** Whether `words` words hold `count` numbers without gaps; where gaps would make no difference to them, too. */
function isPackedBy(bits: number, count: number, words: number): boolean {
  if (Math.ceil((count * bits) / 32) !== words) return false;
  const perWord = Math.floor(32 / bits);
  return 32 % bits === 0 || count <= perWord || Math.ceil(count / perWord) !== words;
}

/** Zero points as the grid of scales is, packed or as int8; null where they do not fit. */
function zeroPoints(stored: TensorInfo, bits: number, grid: TensorInfo, offset: number): TensorInfo | null {
  const [rows, columns] = grid.shape;
  if (stored.dtype === 'I8' && `${stored.shape}` === `${grid.shape}`) return stored;
  // The weights themselves have shown that there are no gaps.
  const isPacked = stored.dtype === 'I32' && sameShape(stored, Math.ceil((rows * bits) / 32), columns);
  return isPacked ? packedDown(stored, bits, rows, offset) : null;
}

interface WeightScheme {
  readonly num_bits: number;
  readonly group_size?: unknown;
}

/** What each group of modules in the config says about its weights, where those are integers. */
function weightsOf({ declared }: Storage): WeightScheme[] {
  const groups = declared?.settings.config_groups;
  if (typeof groups !== 'object' || groups === null) return [];
  return Object.values(groups)
    .map((group) => group?.weights)
    .filter((weights) => weights?.type === 'int' && [2, 3, 4, 5, 6, 7, 8].includes(weights.num_bits));
}
