import { quote } from '../../quote.ts';
import type { Source } from '../../source/source.ts';
import { ELEMENT_TYPES } from '../elements.ts';
import { transposed } from '../quantised/packed.ts';
import { standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import { crc32 } from './crc32.ts';
import { readPickle } from './pickle.ts';
import { stateDictOf } from './state-dict.ts';
import { isAllowed, type PickledTensor } from './tensors.ts';
import { checkCrc, invalid, openZip, unsupported, type Zip, type ZipRecord } from './zip.ts';

export interface TorchLimits {
  /** Bytes of the pickle; default 100 MB. */
  maxPickleBytes?: number;
}

const MAX_PICKLE_BYTES = 100_000_000;
/** Records whose own headers are compared at one time. */
const AT_ONCE = 32;

/**
 * Reads what torch.save wrote of a state dict (a zip file, since PyTorch 1.6): the pickle as data (nothing in it is
 * called), and where each tensor's numbers lie. No weights are read.
 * Throws `FORMAT_INVALID`, `FORMAT_LIMIT`, `FORMAT_UNSUPPORTED` (more than tensors; TorchScript; big-endian).
 */
export async function readTorch(source: Source, limits: TorchLimits = {}): Promise<TensorFile> {
  const zip = await openZip(source);
  const { name: file } = source;
  const pickles = [...zip.records.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) throw invalid(file, `it has ${pickles.length} records named data.pkl, not one`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  if ([...zip.records.keys()].some((name) => name.startsWith(`${folder}code/`) || name === `${folder}constants.pkl`))
    throw unsupported(file, 'a TorchScript program', 'save the model with save_pretrained instead');
  if (zip.records.has(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await zip.read(`${folder}byteorder`, 16));
    if (order !== 'little') throw unsupported(file, `numbers of byte order ${quote(order)}`, 'save it again elsewhere');
  }
  const bytes = await zip.read(pickles[0], limits.maxPickleBytes ?? MAX_PICKLE_BYTES);
  const { tensors: entries, notes } = stateDictOf(readPickle(bytes, isAllowed, file), file);
  const storages = await openStorages(entries, zip, folder, source);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of entries) tensors.set(name, infoOf(name, tensor, storages.get(tensor.key)!));
  return { format: 'torch', tensors, metadata: new Map(), notes };
}

interface Storage {
  readonly source: Source;
  readonly start: number;
}

/** Each storage's place, of the size that the pickle says. */
async function openStorages(
  entries: ReadonlyMap<string, PickledTensor>,
  zip: Zip,
  folder: string,
  source: Source,
): Promise<Map<string, Storage>> {
  const sizes = new Map<string, number>();
  for (const [name, { key, storageBytes }] of entries) {
    if ((sizes.get(key) ?? storageBytes) !== storageBytes)
      throw invalid(source.name, `its tensor ${quote(name)} has a storage of two sizes`);
    sizes.set(key, storageBytes);
  }
  const storages = new Map<string, Storage>();
  let closed: Promise<void> | undefined;
  const close = async () => (closed ??= source.close?.());
  const waiting = sizes.entries();
  const locateNext = async () => {
    for (const [key, size] of waiting) {
      const name = `${folder}data/${key}`;
      const { start, end } = await zip.locate(name);
      if (end - start !== size)
        throw invalid(source.name, `record ${quote(name)} has ${end - start} bytes, not ${size} as its tensors say`);
      storages.set(key, { source: { ...checking(source, zip.records.get(name)!, start), close }, start });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, locateNext));
  let before = { end: 0, key: '' };
  for (const [key, { start }] of [...storages].sort(([, a], [, b]) => a.start - b.start)) {
    if (start < before.end) throw invalid(source.name, `its records data/${before.key} and data/${key} overlap`);
    before = { end: start + sizes.get(key)!, key };
  }
  return storages;
}

/**
 * The source; where a record is read from its first byte to its last, one piece after the other, its CRC is checked.
 */
function checking(source: Source, record: ZipRecord, start: number): Source {
  let next = start;
  let crc = 0;
  return {
    ...{ name: source.name, byteLength: source.byteLength, version: source.version },
    async slice(from, to, signal) {
      const bytes = await source.slice(from, to, signal);
      if (from === start) [next, crc] = [start, 0];
      if (from !== next) return bytes;
      crc = crc32(bytes, crc);
      next = to;
      if (next === start + record.size) checkCrc(record, crc, source.name);
      return bytes;
    },
  };
}

function infoOf(name: string, tensor: PickledTensor, { source, start }: Storage): TensorInfo {
  const { dtype, offset, shape, strides } = tensor;
  const { bytes, decode } = ELEMENT_TYPES[dtype];
  const count = shape.reduce((product, size) => product * size, 1);
  const from = start + offset * bytes;
  const place = { source, start: from, end: from + count * bytes, decode, blockSize: 1, blockBytes: bytes };
  if (isRowMajor(shape, strides)) return { name, dtype, shape, ...place };
  if (shape.length === 2 && isRowMajor([shape[1], shape[0]], [strides[1], strides[0]]))
    return transposed({ name, dtype, shape: [shape[1], shape[0]], ...place });
  return standIn(name, {
    code: 'FORMAT_UNSUPPORTED',
    message: `Expected tensor ${quote(name)} of ${source.name} in one piece, found a view with strides [${strides.slice(0, 8).join(', ')}]; save the model with .contiguous() tensors.`,
  });
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 0) return true;
    if (shape[d] !== 1 && strides[d] !== expected) return false;
    expected *= shape[d];
  }
  return true;
}
