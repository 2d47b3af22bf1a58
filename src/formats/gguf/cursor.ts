import { WeightscopeError } from '../../errors.ts';

/** Thrown when a header goes on beyond the bytes at hand: at least the first `bytes` of the file are needed. */
export class MoreBytesNeeded extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`${bytes} bytes needed`);
    this.bytes = bytes;
  }
}

// A byte order mark is a token like any other.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Reads little-endian values one after the other from the first bytes of a file. */
export class Cursor {
  position = 0;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #byteLength: number;
  readonly #file: string;
  readonly #walked: { at: number; count: number; limit: number; values: string[] }[] = [];

  /** `bytes` are the first of a file of `byteLength` bytes named `file`. */
  constructor(bytes: Uint8Array, byteLength: number, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#byteLength = byteLength;
    this.#file = file;
  }

  u8 = () => this.#view.getUint8(this.advance(1));
  i8 = () => this.#view.getInt8(this.advance(1));
  u16 = () => this.#view.getUint16(this.advance(2), true);
  i16 = () => this.#view.getInt16(this.advance(2), true);
  u32 = () => this.#view.getUint32(this.advance(4), true);
  i32 = () => this.#view.getInt32(this.advance(4), true);
  f32 = () => this.#view.getFloat32(this.advance(4), true);
  f64 = () => this.#view.getFloat64(this.advance(8), true);
  u64 = () => this.#view.getBigUint64(this.advance(8), true);
  i64 = () => this.#view.getBigInt64(this.advance(8), true);

  /** Bytes of the file from here on. */
  get remaining(): number {
    return this.#byteLength - this.position;
  }

  /** A u64 as a number: exact below 2^53, and at least 2^53 where it is not. In two halves, since there are many. */
  size(): number {
    const at = this.advance(8);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** A u64 that counts things of at least `size` bytes each: never more than fit into the rest of the file. */
  count(size: number, what: string): number {
    const at = this.position;
    const count = this.size();
    if (count * size > this.remaining)
      throw this.invalid(
        `at byte ${at} it claims ${this.#view.getBigUint64(at, true)} ${what}, but only ${this.remaining} bytes follow`,
      );
    return count;
  }

  /** A string of at most `limit` bytes; bytes that are not UTF-8 become U+FFFD. */
  string(limit: number): string {
    const length = this.#stringLength(limit);
    const start = this.advance(length);
    return utf8.decode(this.#bytes.subarray(start, start + length));
  }

  /** A string that names something: it has to be UTF-8. */
  name(limit: number): string {
    const length = this.#stringLength(limit);
    const start = this.advance(length);
    try {
      return strict.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.invalid(`the name at byte ${start} is not UTF-8`);
    }
  }

  /** The next `size` bytes: a copy, so that numbers of several bytes begin where they may; single bytes as they lie. */
  bytes(size: number, width: number): Uint8Array {
    const start = this.advance(size);
    return width === 1 ? this.#bytes.subarray(start, start + size) : this.#bytes.slice(start, start + size);
  }

  get file(): string {
    return this.#file;
  }

  /**
   * Walks over `count` strings and gives an array that {@link decodeStrings} fills. There may be a million of them, and
   * a header that turns out to go on beyond the bytes at hand is parsed again.
   */
  strings(count: number, limit: number): string[] {
    const list = { at: this.position, count, limit, values: [] };
    for (let i = 0; i < count; i++) this.advance(this.#stringLength(limit));
    this.#walked.push(list);
    return list.values;
  }

  decodeStrings(): void {
    const { position } = this;
    for (const { at, count, limit, values } of this.#walked) {
      this.position = at;
      for (let i = 0; i < count; i++) values.push(this.string(limit));
    }
    this.position = position;
  }

  #stringLength(limit: number): number {
    const at = this.position;
    const length = this.count(1, 'bytes of text');
    if (length > limit)
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected strings of at most ${limit} bytes in ${this.#file}, found one of ${length} at byte ${at}.`,
      );
    return length;
  }

  /** Moves on by `size` bytes and gives the position before. */
  advance(size: number): number {
    const at = this.position;
    this.need(size);
    this.position = at + size;
    return at;
  }

  /** Makes sure that the next `size` bytes are there. */
  need(size: number): void {
    const at = this.position;
    if (size > this.remaining)
      throw this.invalid(
        `its header ends too early: ${size} more bytes are needed at byte ${at}, ${this.remaining} follow`,
      );
    if (at + size > this.#bytes.length) throw new MoreBytesNeeded(at + size);
  }

  invalid(what: string): WeightscopeError {
    return new WeightscopeError(
      'FORMAT_INVALID',
      `Expected a GGUF file in ${this.#file}, but ${what}; fetch the file again.`,
    );
  }
}
