import { packedInOrder, transposed } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, type Storage, sameShape } from './scheme.ts';

/** Which of eight neighbours lies in each four bits of a word. */
const ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/**
 * AWQ, version "gemm" (AutoAWQ): `qweight` [in, out / 8] and `qzeros` [groups, out / 8] hold eight outputs a word in an
 * order of their own, `scales` are [groups, out], groups of neighbouring inputs. W[out, in] = scale · (q - zero).
 */
export function awq(name: string, storage: Storage): Decoded | undefined {
  if (!name.endsWith('.qweight') || storage.declared?.method !== 'awq') return undefined;
  const { version = 'gemm', bits, w_bit: old } = storage.declared.settings;
  if (String(version).toLowerCase() !== 'gemm' || (bits ?? old ?? 4) !== 4) return undefined;
  const module = name.slice(0, -'.qweight'.length);
  const parts = ['qweight', 'qzeros', 'scales'].map((end) => `${module}.${end}`);
  const [qweight, qzeros, scale] = parts.map((part) => storage.tensors.get(part));
  if (!qweight || !qzeros || !scale || qweight.dtype !== 'I32' || qzeros.dtype !== 'I32') return undefined;
  const [inputs, words] = qweight.shape;
  const [groups] = scale.shape;
  if (!sameShape(qweight, inputs, words) || !sameShape(scale, groups, 8 * words)) return undefined;
  if (!sameShape(qzeros, groups, words) || inputs % groups !== 0) return undefined;
  const zero = packedInOrder(qzeros, ORDER);
  const weight = transposed(scaled(packedInOrder(qweight, ORDER), { scale, zero, block: [inputs / groups, 1] }));
  return { tensor: named(weight, `${module}.weight`, 'AWQ 4-bit'), parts };
}
