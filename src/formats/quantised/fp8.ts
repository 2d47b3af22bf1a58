import type { TensorInfo } from '../tensor.ts';
import { asE8M0, asFp4, reshaped } from './packed.ts';
import { blockOf, scaled } from './scaled.ts';
import { type Decoded, named, present, type Storage } from './scheme.ts';

/**
 * Codes of 8 bits under the weight's own name, and scales beside it: `weight_scale_inv` (DeepSeek, transformers' `fp8`,
 * which multiplies in spite of its name) or `weight_scale` (compressed-tensors, FBGEMM, ModelOpt, vLLM), one for the
 * tensor, a row, a group or a block of it. FP8 times scale; int8 (`int-quantized`) less its zero point, times scale.
 * Scales of 8 bits are powers of two (MXFP8); int8 under `fp8` holds two 4-bit floats a byte, as transformers reads it.
 */
export function eightBits(name: string, storage: Storage): Decoded | undefined {
  const { tensors, declared } = storage;
  const stored = tensors.get(name)!;
  const isFp8 = /^F8_E[45]M/.test(stored.dtype);
  if (!isFp8 && !/^(I8|F4)$/.test(stored.dtype)) return undefined;
  const [scaleName, second] = present(storage, `${name}_scale_inv`, `${name}_scale`);
  if (scaleName === undefined || second !== undefined || stored.shape.length < 2) return undefined;
  const isFp4 = !isFp8 && declared?.method === 'fp8';
  if (!isFp8 && !isFp4 && declared && declared.method !== 'compressed-tensors') return undefined;
  const codes = isFp4 ? asFp4(stored) : stored;
  const scale = asGrid(codes, tensors.get(scaleName)!);
  const block = scale && blockOf(codes.shape.slice(-2), scale.shape.slice(-2), declaredBlock(storage, codes));
  if (!scale || !block) return undefined;
  const zeroName = `${name}_zero_point`;
  const zeroes = tensors.get(zeroName);
  const zero = zeroes && asGrid(codes, zeroes);
  if (zeroes && (!zero || `${zero.shape}` !== `${scale.shape}`)) return undefined;
  const whole = reshapedTo(scaled(asMatrices(codes, scale), { scale, zero, block }), codes);
  return {
    tensor: named(whole, name, `${isFp4 ? 'FP4' : stored.dtype} with scales`),
    parts: [name, scaleName, ...(zeroes ? [zeroName] : [])],
  };
}

/**
 * Scales as [matrices, block rows, block columns]; one for everything as [1, 1]. Undefined where they are no scales.
 */
function asGrid(codes: TensorInfo, stored: TensorInfo): TensorInfo | undefined {
  if (!/^(F16|BF16|F32|F64|F8_|U8|I8)/.test(stored.dtype)) return undefined;
  const scale = stored.dtype === 'U8' ? asE8M0(stored) : stored;
  const count = scale.shape.reduce((product, size) => product * size, 1);
  const outer = codes.shape.slice(0, -2);
  const rows = codes.shape.at(-2)!;
  if (count === 1) return reshaped(scale, 1, 1);
  if (scale.shape.length === codes.shape.length && outer.every((size, i) => size === scale.shape[i])) return scale;
  // One a row, or one a matrix, without dimensions of size 1.
  if (scale.shape.length === 1 && outer.length === 0 && count === rows) return reshaped(scale, rows, 1);
  if (outer.length === 1 && count === outer[0]) return reshaped(scale, count, 1, 1);
  if (outer.length === 1 && count === outer[0] * rows && scale.shape.length === 2)
    return reshaped(scale, outer[0], rows, 1);
  return undefined;
}

/** With one scale for all matrices, they are one tall matrix. */
function asMatrices(codes: TensorInfo, scale: TensorInfo): TensorInfo {
  if (codes.shape.length === scale.shape.length) return codes;
  return reshaped(
    codes,
    codes.shape.slice(0, -1).reduce((product, size) => product * size, 1),
    codes.shape.at(-1)!,
  );
}

const reshapedTo = (info: TensorInfo, { shape }: TensorInfo): TensorInfo => reshaped(info, ...shape);

/** What the config says a block or group is; of several groups of modules, the first that says it. */
function declaredBlock({ declared }: Storage, codes: TensorInfo): [number, number] | undefined {
  if (!declared) return undefined;
  const isPair = (value: unknown): value is [number, number] =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isInteger);
  const { weight_block_size: size, config_groups: groups } = declared.settings;
  if (isPair(size)) return size;
  if (typeof groups !== 'object' || groups === null) return undefined;
  for (const group of Object.values(groups)) {
    const weights = group?.weights;
    if (isPair(weights?.block_structure)) return weights.block_structure;
    if (Number.isInteger(weights?.group_size) && weights.group_size > 0)
      return codes.shape.length === 2 ? [1, weights.group_size] : undefined;
  }
  return undefined;
}
