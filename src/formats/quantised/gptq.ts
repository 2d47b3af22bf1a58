import { packed, packedDown, transposed } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, present, type Storage, sameShape } from './scheme.ts';

/**
 * GPTQ (AutoGPTQ, GPTQModel): `qweight` [in · bits / 32, out] packs the inputs of a column downwards, `qzeros`
 * [groups, out · bits / 32] the zero points of a group sideways, 32 numbers of any bits to `bits` words; `scales`
 * [groups, out], and `g_idx` [in] the group of each input. W[out, in] = scale · (q - zero). The first format stores
 * zero points less one, `checkpoint_format` "gptq_v2" as they are.
 */
export function gptq(name: string, storage: Storage): Decoded | undefined {
  if (!name.endsWith('.qweight') || (storage.declared?.method ?? '') !== 'gptq') return undefined;
  const module = name.slice(0, -'.qweight'.length);
  const { checkpoint_format: format = 'gptq', group_size: groupSize, is_marlin_format } = storage.declared!.settings;
  if (is_marlin_format === true) return undefined;
  const [qweight, qzeros, scale] = ['qweight', 'qzeros', 'scales'].map((end) =>
    storage.tensors.get(`${module}.${end}`),
  );
  const order = storage.tensors.get(`${module}.g_idx`);
  if (!qweight || !qzeros || !scale || (format !== 'gptq' && format !== 'gptq_v2')) return undefined;
  if (qweight.dtype !== 'I32' || qzeros.dtype !== 'I32' || qweight.shape.length !== 2) return undefined;
  const [words, outputs] = qweight.shape;
  // The zero points tell the bits: modules may have others than the config's.
  const bits = (qzeros.shape.at(-1)! * 32) / outputs;
  const inputs = (words * 32) / bits;
  const groups = scale.shape[0];
  if (![2, 3, 4, 8].includes(bits) || !Number.isInteger(inputs)) return undefined;
  if (!sameShape(scale, groups, outputs) || !sameShape(qzeros, groups, (outputs * bits) / 32)) return undefined;
  if (order && !sameShape(order, inputs)) return undefined;
  const block = typeof groupSize === 'number' && groupSize > 0 ? groupSize : inputs;
  if (!order && Math.ceil(inputs / block) !== groups) return undefined;
  const zero = packed(qzeros, bits, outputs, format === 'gptq' ? 1 : 0);
  const codes = packedDown(qweight, bits, inputs);
  const weight = transposed(scaled(codes, { scale, zero, block: [block, 1], rowGroups: order }));
  return {
    tensor: named(weight, `${module}.weight`, `GPTQ ${bits}-bit`),
    parts: [name, ...present(storage, `${module}.qzeros`, `${module}.scales`, `${module}.g_idx`)],
  };
}
