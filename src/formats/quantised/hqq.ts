import { viewAs } from '../elements.ts';
import { readElements } from '../read.ts';
import type { TensorInfo } from '../tensor.ts';
import { type Decoded, named, present, type Storage, sameShape } from './scheme.ts';

/** What HQQ writes beside the codes; what is not read here says how it was made, or how to compute with it. */
const ENDS = [
  ...['scale', 'zero', 'shape', 'nbits', 'group_size', 'axis', 'packing', 'unpack_view_dtype', 'view_as_float'],
  ...['quant_scale', 'quant_zero', 'compute_dtype', 'offload_meta', 'encoded_state_dict', 'stores_quant_config'],
  ...['channel_wise', 'optimize', 'round_zero'],
];

/**
 * HQQ (Badri and Shaji, 2023): the weight's numbers in their order are a matrix [rows, columns], a group a row (`axis`
 * 1, `scale` [rows, 1]) or a column (`axis` 0, `scale` [1, columns]). `W_q` packs its rows: a word holds one number of
 * each of k equal parts, the first part's in the highest bits; a byte has k = 8 / bits, an int32 ten of 3 bits. W =
 * scale · (q - zero). `shape` and `nbits` are read when the file is opened.
 */
export async function hqq(name: string, storage: Storage): Promise<Decoded | undefined> {
  if (!name.endsWith('.W_q')) return undefined;
  const module = name.slice(0, -'.W_q'.length);
  const { tensors } = storage;
  const [codes, scale, zero, shape, nbits] = ['W_q', 'scale', 'zero', 'shape', 'nbits'].map((end) =>
    tensors.get(`${module}.${end}`),
  );
  if (!codes || !scale || !zero || !shape || !nbits || codes.shape.length !== 2 || !sameShape(shape, 2))
    return undefined;
  const [bits] = await readElements(nbits, 0, 1);
  const [out, inputs] = await readElements(shape, 0, 2);
  const isWord = bits === 3;
  if (![1, 2, 3, 4, 8].includes(bits) || codes.dtype !== (isWord ? 'I32' : 'U8')) return undefined;
  if (!/^B?F\d+$/.test(scale.dtype) || !/^B?F\d+$/.test(zero.dtype) || `${scale.shape}` !== `${zero.shape}`)
    return undefined;
  const parts = isWord ? 10 : 8 / bits;
  const [step, columns] = codes.shape;
  const rows = (out * inputs) / columns;
  if (Math.ceil(rows / parts) !== step || (!isWord && rows !== step * parts)) return undefined;
  const isByRow = sameShape(scale, rows, 1);
  if (!isByRow && !sameShape(scale, 1, columns)) return undefined;

  const partSize = step * columns;
  const mask = 2 ** bits - 1;
  const lines: TensorInfo['lines'] = async (from, to, values, signal) => {
    const [start, end] = [from * inputs, to * inputs];
    const first = isByRow ? Math.floor(start / columns) : 0;
    const last = isByRow ? Math.ceil(end / columns) : columns;
    const [s, z] = await Promise.all([scale, zero].map((info) => readElements(info, first, last, signal)));
    for (let at = start; at < end; ) {
      const part = Math.floor(at / partSize);
      const until = Math.min(end, (part + 1) * partSize);
      const [a, b] = [at - part * partSize, until - part * partSize].map((i) => codes.start + i * codes.blockBytes);
      const bytes = await codes.source.slice(a, b, signal);
      const words = isWord ? viewAs(Uint32Array, bytes) : bytes;
      const shift = isWord ? 27 - 3 * part : 8 - bits * (part + 1);
      for (const runStart = at; at < until; at++) {
        const group = (isByRow ? Math.floor(at / columns) : at % columns) - first;
        const code = (words[at - runStart] >>> shift) & mask;
        values[at - start] = Math.fround(code - z[group]) * s[group];
      }
    }
  };
  return {
    tensor: named({ ...codes, shape: [out, inputs], lines }, `${module}.weight`, `HQQ ${bits}-bit`),
    parts: [name, ...present(storage, ...ENDS.map((end) => `${module}.${end}`))],
  };
}
