import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { Cursor } from './cursor.ts';
import { GGUF_TYPES, type GgufType, OTHER_TYPES, UNREAD_TYPES } from './types.ts';

/**
 * The GGUF header, after https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: magic, version, counts, key-value
 * pairs, tensor descriptions, padding to the alignment, then the data. Everything in it is distrusted.
 */
/** A type whose size is known; without `decode`, its numbers are not read. */
export type EntryType = Omit<GgufType, 'decode'> & Partial<Pick<GgufType, 'decode'>>;

export interface GgufEntry {
  readonly name: string;
  readonly type: EntryType;
  /** Row-major: the file's order is reversed. */
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly start: number;
  readonly end: number;
}

export interface GgufHeader {
  readonly version: number;
  /**
   * 64-bit integers as numbers where they are safe, else as bigint; arrays as plain arrays, long ones of numbers as
   * typed ones.
   */
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly entries: readonly GgufEntry[];
}

const MAGIC = 0x46554747; // "GGUF"
const MAX_STRING_BYTES = 10_000_000;
const MAX_DIMENSIONS = 8;
const MAX_NESTING = 4;
/** Kimi K2 has 70,000 tensors where experts are apart, and a model's metadata some fifty keys. */
const MAX_TENSORS = 500_000;
const MAX_PAIRS = 100_000;
/** Longer arrays of numbers are typed arrays: a plain one takes eight times the bytes of the file. */
const MAX_PLAIN = 10_000;
/** Tokens and merges together; Gemma has 800,000. */
const MAX_STRINGS = 3_000_000;
/** Arrays within arrays, of which no known key has any. */
const MAX_ARRAYS = 100_000;

/**
 * Parses the header from the first bytes of a file of `byteLength` bytes. Throws {@link MoreBytesNeeded} when `bytes`
 * end before the header does; `FORMAT_INVALID`, `FORMAT_LIMIT`, `FORMAT_UNSUPPORTED`.
 */
export function parseGguf(bytes: Uint8Array, byteLength: number, file: string): GgufHeader {
  const cursor = new Cursor(bytes, byteLength, file);
  if (cursor.u32() !== MAGIC) throw cursor.invalid('it does not begin with "GGUF"');
  const version = readVersion(cursor, file);
  // A description has at least a name's length, dimensions, type and offset; a pair a key's length, type and one byte.
  const tensorCount = cursor.count(24, 'tensors');
  const pairCount = cursor.count(13, 'key-value pairs');
  checkCount(tensorCount, MAX_TENSORS, 'tensors', file);
  checkCount(pairCount, MAX_PAIRS, 'keys', file);
  const metadata = new Map<string, unknown>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.name(MAX_STRING_BYTES);
    if (metadata.has(key)) throw cursor.invalid(`it has the key ${quote(key)} twice`);
    const type = cursor.u32();
    if (key === 'general.alignment' && type !== U32) throw cursor.invalid(`its general.alignment is no u32`);
    metadata.set(key, readValue(cursor, type, key, 0));
  }
  const described = new Map<string, Described>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = readDescription(cursor, file);
    if (described.has(tensor.name)) throw cursor.invalid(`it has the tensor ${quote(tensor.name)} twice`);
    described.set(tensor.name, tensor);
  }
  const entries = place([...described.values()], metadata, cursor, byteLength);
  cursor.decodeStrings();
  return { version, metadata, entries };
}

function readVersion(cursor: Cursor, file: string): number {
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0 && version !== 0)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a little-endian GGUF file in ${file}, found a big-endian one; convert it with gguf_convert_endian.py of the gguf package.`,
    );
  throw new WeightscopeError(
    'FORMAT_UNSUPPORTED',
    `Expected GGUF version 2 or 3 in ${file}, found version ${version}; convert the model again with a current llama.cpp.`,
  );
}

const U32 = 4;
const STRING = 8;
const ARRAY = 9;
/** Scalar value types by number: bytes and reader. */
const SCALARS: ReadonlyMap<number, readonly [bytes: number, read: (cursor: Cursor) => unknown]> = new Map([
  [0, [1, (cursor) => cursor.u8()]],
  [1, [1, (cursor) => cursor.i8()]],
  [2, [2, (cursor) => cursor.u16()]],
  [3, [2, (cursor) => cursor.i16()]],
  [4, [4, (cursor) => cursor.u32()]],
  [5, [4, (cursor) => cursor.i32()]],
  [6, [4, (cursor) => cursor.f32()]],
  [7, [1, (cursor) => cursor.u8() !== 0]],
  [10, [8, (cursor) => numberIfSafe(cursor.u64())]],
  [11, [8, (cursor) => numberIfSafe(cursor.i64())]],
  [12, [8, (cursor) => cursor.f64()]],
]);

/** Numbers as they lie in the file, of a copy that begins at a whole number of them; truth values are 0 and 1. */
const TYPED: ReadonlyMap<number, (bytes: Uint8Array) => ArrayBufferView> = new Map([
  [0, (bytes) => bytes],
  [1, ({ buffer, byteOffset, length }) => new Int8Array(buffer, byteOffset, length)],
  [2, ({ buffer }) => new Uint16Array(buffer)],
  [3, ({ buffer }) => new Int16Array(buffer)],
  [4, ({ buffer }) => new Uint32Array(buffer)],
  [5, ({ buffer }) => new Int32Array(buffer)],
  [6, ({ buffer }) => new Float32Array(buffer)],
  [7, (bytes) => bytes],
  [10, ({ buffer }) => new BigUint64Array(buffer)],
  [11, ({ buffer }) => new BigInt64Array(buffer)],
  [12, ({ buffer }) => new Float64Array(buffer)],
] as [number, (bytes: Uint8Array) => ArrayBufferView][]);

function checkCount(count: number, most: number, what: string, file: string): void {
  if (count > most)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected at most ${most} ${what} in ${file}, found ${count}; no model has so many.`,
    );
}

function readValue(cursor: Cursor, type: number, key: string, nesting: number): unknown {
  if (type === STRING) return cursor.string(MAX_STRING_BYTES);
  if (type === ARRAY) return readArray(cursor, key, nesting + 1);
  const scalar = SCALARS.get(type);
  if (!scalar) throw cursor.invalid(`the key ${quote(key)} has the unknown value type ${type}`);
  return scalar[1](cursor);
}

function readArray(cursor: Cursor, key: string, nesting: number): unknown {
  if (nesting > MAX_NESTING)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected arrays nested at most ${MAX_NESTING} deep, found more at the key ${quote(key)}.`,
    );
  const type = cursor.u32();
  const scalar = SCALARS.get(type);
  // Of a string at least the length is there, of an array also its type.
  const count = cursor.count(scalar?.[0] ?? (type === STRING ? 8 : 12), `values for the key ${quote(key)}`);
  if (type === STRING) {
    checkCount(count, MAX_STRINGS, `texts for the key ${quote(key)}`, cursor.file);
    return cursor.strings(count, MAX_STRING_BYTES);
  }
  if (type === ARRAY) checkCount(count, MAX_ARRAYS, `arrays for the key ${quote(key)}`, cursor.file);
  const typed = TYPED.get(type);
  if (typed && count > MAX_PLAIN) return typed(cursor.bytes(count * scalar![0], scalar![0]));
  const values: unknown[] = [];
  if (scalar) cursor.need(count * scalar[0]);
  for (let i = 0; i < count; i++) values.push(readValue(cursor, type, key, nesting));
  return values;
}

interface Described {
  name: string;
  type: EntryType;
  shape: number[];
  /** Within the data. */
  offset: number;
  bytes: number;
}

function readDescription(cursor: Cursor, file: string): Described {
  const name = cursor.name(MAX_STRING_BYTES);
  const dimensions = cursor.u32();
  if (dimensions > MAX_DIMENSIONS)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected at most ${MAX_DIMENSIONS} dimensions for tensor ${quote(name)} of ${file}, found ${dimensions}.`,
    );
  const shape: number[] = new Array(dimensions);
  for (let d = dimensions - 1; d >= 0; d--) shape[d] = cursor.size();
  const type = typeOf(cursor.u32(), name, file);
  const offset = cursor.size();
  const elements = shape.reduce((product, size) => product * size, 1);
  const bytes = Math.floor(elements / type.blockSize) * type.blockBytes;
  if (bytes > cursor.remaining || !shape.every(Number.isSafeInteger))
    throw cursor.invalid(
      `tensor ${quote(name)} of shape [${shape.map(BigInt).join(', ')}] needs ${BigInt(bytes)} bytes, but only ${cursor.remaining} follow`,
    );
  if ((shape.at(-1) ?? 1) % type.blockSize !== 0)
    throw cursor.invalid(
      `tensor ${quote(name)} has rows of ${shape.at(-1) ?? 1}, not a multiple of ${type.name}'s blocks of ${type.blockSize}`,
    );
  return { name, type, shape, offset, bytes };
}

function typeOf(type: number, name: string, file: string): EntryType {
  const found = GGUF_TYPES.get(type) ?? UNREAD_TYPES.get(type);
  if (found) return found;
  const what = OTHER_TYPES.get(type) ?? `number ${type}`;
  throw new WeightscopeError('FORMAT_UNSUPPORTED', refusalOf(what, name, file));
}

/** Why a tensor of this type is not read, as a sentence. */
export function refusalOf(type: string, name: string, file: string): string {
  const known = [...GGUF_TYPES.values()].map((each) => each.name).join(', ');
  return `Expected an element type of ${known} for tensor ${quote(name)} of ${file}, found ${type}; take a file quantised otherwise.`;
}

/** Checks alignment, range and overlap, and gives each tensor its place in the file. */
function place(
  tensors: Described[],
  metadata: ReadonlyMap<string, unknown>,
  cursor: Cursor,
  byteLength: number,
): GgufEntry[] {
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !Number.isInteger(Math.log2(alignment)) || alignment < 1)
    throw cursor.invalid(`its general.alignment is ${String(alignment)}, not a power of two`);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const entries = tensors.map(({ name, type, shape, offset, bytes }) => {
    if (offset % alignment !== 0)
      throw cursor.invalid(
        `tensor ${quote(name)} begins at byte ${offset} of the data, not a multiple of ${alignment}`,
      );
    const start = dataStart + offset;
    if (start + bytes > byteLength)
      throw cursor.invalid(
        `tensor ${quote(name)} takes ${bytes} bytes from byte ${BigInt(start)} on, but the file has ${byteLength}`,
      );
    return { name, type, shape, start, end: start + bytes };
  });
  let previous: GgufEntry | undefined;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (previous && entry.start < previous.end)
      throw cursor.invalid(`the tensors ${quote(previous.name)} and ${quote(entry.name)} overlap`);
    previous = entry;
  }
  return entries;
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
