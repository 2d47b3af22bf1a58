import { asE8M0, asFp4, reshaped, transposed } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, type Storage, sameShape } from './scheme.ts';

/**
 * MXFP4 as gpt-oss stores its experts: `<name>_blocks` [experts, out, in / 32, 16], two 4-bit floats (E2M1) a byte, the
 * first in its low half, and `<name>_scales` [experts, out, in / 32], powers of two (E8M0): OCP Microscaling Formats
 * v1.0. The model's own parameter is the transpose, [experts, in, out].
 */
export function mxfp4(name: string, { tensors }: Storage): Decoded | undefined {
  if (!name.endsWith('_blocks')) return undefined;
  const own = name.slice(0, -'_blocks'.length);
  const [blocks, scales] = [tensors.get(name)!, tensors.get(`${own}_scales`)];
  if (!scales || blocks.dtype !== 'U8' || scales.dtype !== 'U8' || blocks.shape.length !== 4) return undefined;
  const [experts, out, groups, bytes] = blocks.shape;
  if (bytes !== 16 || !sameShape(scales, experts, out, groups)) return undefined;
  const codes = asFp4(reshaped(blocks, experts, out, groups * 16));
  const weight = transposed(scaled(codes, { scale: asE8M0(scales), block: [1, 32] }));
  return { tensor: named(weight, own, 'MXFP4'), parts: [name, `${own}_scales`] };
}
