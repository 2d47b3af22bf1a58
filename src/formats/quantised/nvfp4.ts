import { asE8M0, asFp4, reshaped } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, type Storage, sameShape } from './scheme.ts';

/**
 * NVFP4: two 4-bit floats (E2M1) a byte, an FP8 scale for each 16 inputs and one fp32 for the tensor. ModelOpt has
 * them as `weight`, `weight_scale` and `weight_scale_2`, which multiplies; compressed-tensors as `weight_packed`,
 * `weight_scale` and `weight_global_scale`, which divides. Without the last and with powers of two for 32 inputs each,
 * `weight_packed` is MXFP4.
 */
export function nvfp4(name: string, { tensors }: Storage): Decoded | undefined {
  const codes = tensors.get(name)!;
  if (!/^(U8|F4)$/.test(codes.dtype) || codes.shape.length !== 2) return undefined;
  const isPacked = name.endsWith('.weight_packed');
  if (!isPacked && !name.endsWith('.weight')) return undefined;
  const own = isPacked ? name.slice(0, -'_packed'.length) : name;
  const scale = tensors.get(`${own}_scale`);
  const globalName = isPacked ? `${own}_global_scale` : `${own}_scale_2`;
  const global = tensors.get(globalName);
  const values = asFp4(codes);
  const [out, inputs] = values.shape;
  if (!scale) return undefined;
  if (isPacked && !global) {
    if (!/^(U8|F8_E8M0)$/.test(scale.dtype) || !sameShape(scale, out, inputs / 32)) return undefined;
    const weight = scaled(values, { scale: asE8M0(scale), block: [1, 32] });
    return { tensor: named(weight, own, 'MXFP4'), parts: [name, `${own}_scale`] };
  }
  if (!global || !/^F(8_E4M3|16|32)|^BF16/.test(scale.dtype) || !sameShape(scale, out, inputs / 16)) return undefined;
  if (global.shape.some((size) => size !== 1)) return undefined;
  const both = scaled(scale, {
    scale: reshaped(global, 1, 1),
    block: [out, inputs / 16],
    divides: isPacked,
  });
  const weight = scaled(values, { scale: both, block: [1, 16] });
  return { tensor: named(weight, own, 'NVFP4'), parts: [name, `${own}_scale`, globalName] };
}
