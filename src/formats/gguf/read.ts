import { WeightscopeError } from '../../errors.ts';
import type { Source } from '../../source/source.ts';
import { standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import { MoreBytesNeeded } from './cursor.ts';
import { type GgufHeader, parseGguf, refusalOf } from './header.ts';

export interface GgufLimits {
  /** Bytes of the file that may belong to the header; default 100 MB, room for vocabularies of millions of tokens. */
  maxHeaderBytes?: number;
}

const FIRST_READ = 1 << 20;
const MAX_HEADER_BYTES = 100_000_000;

/** Reads the header of a GGUF file, no weights. Throws `FORMAT_INVALID`, `FORMAT_LIMIT`, `FORMAT_UNSUPPORTED`. */
export async function readGguf(source: Source, limits: GgufLimits = {}): Promise<TensorFile> {
  const { metadata, entries } = await readHeader(source, limits.maxHeaderBytes ?? MAX_HEADER_BYTES);
  const tensors = new Map<string, TensorInfo>();
  for (const { name, type, shape, start, end } of entries) {
    const { blockSize, blockBytes } = type;
    const place = { name, dtype: type.name, shape, source, start, end, blockSize, blockBytes };
    const message = type.decode ? '' : refusalOf(type.name, name, source.name);
    const how = type.decode ? { decode: type.decode } : refused(name, message);
    tensors.set(name, { ...place, ...how });
  }
  return { format: 'gguf', tensors, metadata };
}

function refused(name: string, message: string): Pick<TensorInfo, 'decode' | 'refusal'> {
  const { decode, refusal } = standIn(name, { code: 'FORMAT_UNSUPPORTED', message });
  return { decode, refusal };
}

/**
 * A GGUF header does not say how long it is: read its beginning and parse; while it goes on, read as much again.
 * Doubling keeps the repeated parsing below twice the work.
 */
async function readHeader(source: Source, limit: number): Promise<GgufHeader> {
  let bytes = new Uint8Array();
  let wanted = FIRST_READ;
  for (;;) {
    const length = Math.min(wanted, source.byteLength, limit);
    const longer = new Uint8Array(length);
    longer.set(bytes);
    longer.set(await source.slice(bytes.length, length), bytes.length);
    bytes = longer;
    try {
      return parseGguf(bytes, source.byteLength, source.name);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (error.bytes > limit)
        throw new WeightscopeError(
          'FORMAT_LIMIT',
          `Expected a GGUF header of at most ${limit} bytes in ${source.name}, found a longer one; raise the limit if the file is trusted.`,
        );
      wanted = Math.max(2 * bytes.length, error.bytes);
    }
  }
}
