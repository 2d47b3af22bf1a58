import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { ELEMENT_TYPES, UNREAD_BITS } from '../elements.ts';
import { findDuplicateKey } from './duplicates.ts';

/**
 * The safetensors header, after https://github.com/huggingface/safetensors#format: 8 bytes N (little-endian u64), N bytes
 * of JSON, then the data. Everything in it is distrusted.
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

/** Parses and checks the JSON header of a file with `dataLength` bytes of data. Throws `FORMAT_INVALID`. */
export function parseHeader(json: Uint8Array, dataLength: number, file: string): SafetensorsHeader {
  const header = parseObject(json, file);
  const entries: SafetensorsEntry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(value, file);
    else entries.push(parseEntry(name, value, dataLength, file));
  }
  checkLayout(entries, dataLength, file);
  return { entries, metadata };
}

function parseObject(json: Uint8Array, file: string): Record<string, unknown> {
  if (json[0] !== 0x7b) throw invalid(file, 'its header does not begin with "{"');
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'its header is not JSON in UTF-8', cause);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw invalid(file, `its header has the key ${quote(duplicate)} twice`);
  return value as Record<string, unknown>; // it begins with "{" and is valid JSON
}

function parseMetadata(value: unknown, file: string): Map<string, string> {
  if (value === null) return new Map(); // the format's own library reads it as absent
  if (!isObject(value)) throw invalid(file, 'its __metadata__ is not an object');
  const entries = Object.entries(value);
  for (const [key, text] of entries)
    if (typeof text !== 'string') throw invalid(file, `its __metadata__ entry ${quote(key)} is not a string`);
  return new Map(entries as [string, string][]);
}

function parseEntry(name: string, value: unknown, dataLength: number, file: string): SafetensorsEntry {
  const wrong = (what: string) => invalid(file, `tensor ${quote(name)} ${what}`);
  if (!isObject(value)) throw wrong('is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw wrong('has no dtype');
  if (!isSizes(shape)) throw wrong('has no shape of whole numbers');
  if (!isSizes(offsets) || offsets.length !== 2) throw wrong('has no data_offsets of two whole numbers');
  const [start, end] = offsets;
  if (start > end || end > dataLength)
    throw wrong(
      `lies at bytes ${start} to ${end}, outside of the file's ${dataLength} bytes of data; fetch the file again`,
    );
  // NaN, which stays NaN, where a product is too large to be exact: as the format's own library, even before a size of 0.
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function invalid(file: string, what: string, cause?: unknown): WeightscopeError {
  return new WeightscopeError('FORMAT_INVALID', `Expected a safetensors file in ${file}, but ${what}.`, { cause });
}
