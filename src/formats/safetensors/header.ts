import { WeightscopeError } from '../../errors.ts';
import { JsonError, JsonReader } from '../../json.ts';
import { quote } from '../../quote.ts';
import { ELEMENT_TYPES, UNREAD_BITS } from '../elements.ts';

/**
 * The safetensors header, after https://github.com/huggingface/safetensors#format: 8 bytes N (little-endian u64), N
 * bytes of JSON, then the data. Everything in it is distrusted.
 */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte range in the data, which begins after the header. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

export const MAX_HEADER_BYTES = 100_000_000;

/**
 * Length of the JSON header, from the file's first 8 bytes.
 * Throws `FORMAT_INVALID` when it exceeds the file, `FORMAT_LIMIT` when it exceeds `limit`.
 */
export function headerLength(first8: Uint8Array, byteLength: number, limit: number, file: string): number {
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length + 8n > BigInt(byteLength))
    throw invalid(
      file,
      `its header claims ${length} bytes, but only ${byteLength - 8} bytes follow; fetch the file again`,
    );
  if (length > BigInt(limit))
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected a header of at most ${limit} bytes in ${file}, found ${length}; raise the limit if the file is trusted.`,
    );
  return Number(length);
}

/** Kimi K2 with four tensors to a quantised weight has 280,000; more are no model's. */
const MAX_TENSORS = 500_000;
const MAX_METADATA = 100_000;
/** numpy and torch have at most 64. */
const MAX_DIMENSIONS = 64;

/**
 * Parses and checks the JSON header of a file with `dataLength` bytes of data: as strictly as the format's own library.
 * Throws `FORMAT_INVALID`, `FORMAT_LIMIT`.
 */
export function parseHeader(json: Uint8Array, dataLength: number, file: string): SafetensorsHeader {
  if (json[0] !== 0x7b) throw invalid(file, 'its header does not begin with "{"');
  const entries: SafetensorsEntry[] = [];
  const names = new Set<string>();
  let metadata = new Map<string, string>();
  try {
    const reader = new JsonReader(json);
    reader.object((name) => {
      if (names.has(name)) throw invalid(file, `its header has the key ${quote(name)} twice`);
      names.add(name);
      if (name === '__metadata__') metadata = readMetadata(reader, file);
      else entries.push(readEntry(reader, name, dataLength, file));
      if (entries.length > MAX_TENSORS)
        throw new WeightscopeError(
          'FORMAT_LIMIT',
          `Expected at most ${MAX_TENSORS} tensors in ${file}, found more; no model has so many.`,
        );
    });
    reader.end();
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw invalid(file, `its header is not JSON in UTF-8: ${cause.message}`, cause);
  }
  checkLayout(entries, dataLength, file);
  return { entries, metadata };
}

/** A map from text to text; `null` counts as none. */
function readMetadata(reader: JsonReader, file: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (reader.takeNull()) return metadata;
  if (!reader.isObject()) throw invalid(file, 'its __metadata__ is not an object');
  reader.object((key) => {
    if (metadata.has(key)) throw invalid(file, `its __metadata__ has the key ${quote(key)} twice`);
    if (!reader.isString()) throw invalid(file, `its __metadata__ entry ${quote(key)} is not a string`);
    metadata.set(key, reader.string());
    if (metadata.size > MAX_METADATA)
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected at most ${MAX_METADATA} entries of __metadata__ in ${file}, found more.`,
      );
  });
  return metadata;
}

function readEntry(reader: JsonReader, name: string, dataLength: number, file: string): SafetensorsEntry {
  const wrong = (what: string) => invalid(file, `tensor ${quote(name)} ${what}`);
  if (!reader.isObject()) throw wrong('is not an object');
  const read: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
  const once = (field: keyof typeof read) => {
    if (field in read) throw wrong(`has ${quote(field)} twice`);
  };
  reader.object((field) => {
    if (field === 'dtype') {
      once('dtype');
      read.dtype = reader.isString() ? reader.string() : void reader.skip();
    } else if (field === 'shape') {
      once('shape');
      read.shape = reader.sizes(MAX_DIMENSIONS);
    } else if (field === 'data_offsets') {
      once('data_offsets');
      read.data_offsets = reader.sizes(2);
    } else reader.skip();
  });
  const { dtype, shape, data_offsets: offsets } = read;
  if (dtype === undefined) throw wrong('has no dtype');
  if (!shape) throw wrong(`has no shape of whole numbers, at most ${MAX_DIMENSIONS}`);
  if (offsets?.length !== 2) throw wrong('has no data_offsets of two whole numbers');
  const [start, end] = offsets;
  if (start > end || end > dataLength)
    throw wrong(
      `lies at bytes ${start} to ${end}, outside of the file's ${dataLength} bytes of data; fetch the file again`,
    );
  // NaN, which stays NaN, where a product is too large to be exact: as the format's own library, even before a size of
  // 0.
  const times = (product: number, size: number) => (Number.isSafeInteger(product * size) ? product * size : Number.NaN);
  const bits = shape.reduce(times, bitsOf(dtype) ?? Number.NaN);
  // What a type of another time takes is not known; its bytes are left to who made them.
  const bytes = bitsOf(dtype) === undefined ? end - start : bits / 8;
  if (bytes !== end - start)
    throw wrong(
      `has shape [${shape.slice(0, 16).join(', ')}] of ${dtype}, ${Number.isNaN(bytes) ? 'too many' : bytes} bytes, but holds ${end - start} bytes`,
    );
  return { name, dtype, shape, start, end };
}

/** Bits per element, where the type is known. */
function bitsOf(dtype: string): number | undefined {
  if (!Object.hasOwn(ELEMENT_TYPES, dtype)) return Object.hasOwn(UNREAD_BITS, dtype) ? UNREAD_BITS[dtype] : undefined;
  const { bytes, elements = 1 } = ELEMENT_TYPES[dtype];
  return (8 * bytes) / elements;
}

/** The format asks that tensors cover all of the data, without overlap and without holes. */
function checkLayout(entries: readonly SafetensorsEntry[], dataLength: number, file: string): void {
  let covered = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < covered)
      throw invalid(
        file,
        `tensor ${quote(name)} begins at byte ${start} of the data, inside of another that ends at ${covered}`,
      );
    if (start > covered)
      throw invalid(
        file,
        `bytes ${covered} to ${start} of the data, before tensor ${quote(name)}, belong to no tensor`,
      );
    covered = end;
  }
  if (covered !== dataLength)
    throw invalid(file, `its tensors end at byte ${covered} of the data, but there are ${dataLength} bytes`);
}

function invalid(file: string, what: string, cause?: unknown): WeightscopeError {
  return new WeightscopeError('FORMAT_INVALID', `Expected a safetensors file in ${file}, but ${what}.`, { cause });
}
