import { cut } from './quote.ts';

/** As the Rust library that Hugging Face's own readers are built on has it (serde_json). */
const MAX_DEPTH = 127;

/** What a JSON text has that is not JSON, or not allowed; `message` goes on after "but ". */
export class JsonError extends Error {}

interface JsonOptions {
  /**
   * Reads `NaN`, `Infinity` and `-Infinity` and lone surrogates, as Python's `json` does. Default: refused, as in Rust.
   */
  python?: boolean;
  /** How many values {@link JsonReader.value} makes in all; default a million. */
  maxValues?: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const PIECE = 1 << 14;
const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * JSON text or bytes as a value. Throws {@link JsonError}: also for nesting below the depth that Rust reads, and too
 * many values.
 */
export function parseJson(json: string | Uint8Array, options: JsonOptions = {}): unknown {
  const reader = new JsonReader(typeof json === 'string' ? new TextEncoder().encode(json) : json, options);
  const value = reader.value();
  reader.end();
  return value;
}

/** The bytes without the mark that some editors put at the beginning of UTF-8. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/**
 * Reads JSON from bytes, value after value, and makes only what is asked for: headers are large, and most of what they
 * hold is not needed. Each method reads one value; all throw {@link JsonError}.
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  readonly #python: boolean;
  #values: number;
  #at = 0;
  #depth = 0;
  #odd = false;
  #piece = '';
  #pieceAt = 0;

  constructor(bytes: Uint8Array, { python = false, maxValues = 1_000_000 }: JsonOptions = {}) {
    this.#bytes = bytes;
    this.#python = python;
    this.#values = maxValues;
  }

  /** `{`, `[`, `"`, `t`, `f`, `n`, a digit, `-` …: the byte that the next value begins with, -1 at the end. */
  peek(): number {
    this.#space();
    return this.#bytes[this.#at] ?? -1;
  }

  isObject = () => this.peek() === OPEN_BRACE;
  isArray = () => this.peek() === OPEN_BRACKET;
  isString = () => this.peek() === QUOTE;

  /** Reads `null` where it is next. */
  takeNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#word('null');
    return true;
  }

  /** Calls `read` for each key; it reads the value. */
  object(read: (key: string) => void): void {
    this.#open(OPEN_BRACE, 'an object');
    if (this.#takes(CLOSE_BRACE)) {
      this.#close();
      return;
    }
    do {
      const key = this.string();
      this.#expect(COLON, '":"');
      read(key);
    } while (this.#goesOn(CLOSE_BRACE));
  }

  /** Calls `read` for each element; it reads the value. */
  array(read: (index: number) => void): void {
    this.#open(OPEN_BRACKET, 'an array');
    if (this.#takes(CLOSE_BRACKET)) {
      this.#close();
      return;
    }
    let index = 0;
    do read(index++);
    while (this.#goesOn(CLOSE_BRACKET));
  }

  string(): string {
    const start = this.#stringStart();
    const end = this.#endOfString(start);
    this.#at = end + 1;
    if (!this.#odd) return this.#ascii(start, end);
    let text: string;
    try {
      text = utf8.decode(this.#bytes.subarray(start, end));
    } catch {
      throw new JsonError(`it is not UTF-8 at byte ${start} or after`);
    }
    return text.includes('\\') ? this.#unescaped(text, start) : text;
  }

  number(): number {
    const start = this.#skipNumber();
    return Number(this.#ascii(start, this.#at));
  }

  /** A whole number of at least 0 that is exact, written with digits only; anything else is read over: undefined. */
  size(): number | undefined {
    const first = this.peek();
    const start = this.#at;
    this.skip();
    if (first < 0x30 || first > 0x39 || this.#at - start > 16) return undefined;
    let value = 0;
    for (let at = start; at < this.#at; at++) {
      const digit = this.#bytes[at] - 0x30;
      if (digit < 0 || digit > 9) return undefined;
      value = value * 10 + digit;
    }
    return Number.isSafeInteger(value) ? value : undefined;
  }

  /** An array of at most `most` {@link size}s; anything else is read over: undefined. */
  sizes(most: number): number[] | undefined {
    if (!this.isArray()) return void this.skip();
    const sizes: number[] = [];
    let right = true;
    this.array((index) => {
      const size = this.size();
      if (size === undefined || index >= most) right = false;
      else if (right) sizes.push(size);
    });
    return right ? sizes : undefined;
  }

  /** The next value, whatever it is. Of two equal keys the last counts, as everywhere. */
  value(): unknown {
    if (--this.#values < 0) throw new JsonError('it has more values than are read');
    switch (this.peek()) {
      case OPEN_BRACE: {
        const object: Record<string, unknown> = {};
        this.object((key) => {
          const value = this.value();
          // An assignment would take this one for the prototype.
          if (key !== '__proto__') object[key] = value;
        });
        return object;
      }
      case OPEN_BRACKET: {
        const array: unknown[] = [];
        this.array(() => {
          array.push(this.value());
        });
        return array;
      }
      case QUOTE:
        return this.string();
      case 0x74:
        this.#word('true');
        return true;
      case 0x66:
        this.#word('false');
        return false;
      case 0x6e:
        this.#word('null');
        return null;
      case 0x4e:
        if (this.#python) this.#word('NaN');
        else this.#unexpected('a value');
        return Number.NaN;
      case 0x49:
        if (this.#python) this.#word('Infinity');
        else this.#unexpected('a value');
        return Number.POSITIVE_INFINITY;
      default:
        if (this.#python && this.#bytes[this.#at] === 0x2d && this.#bytes[this.#at + 1] === 0x49) {
          this.#word('-Infinity');
          return Number.NEGATIVE_INFINITY;
        }
        return this.number();
    }
  }

  /** Reads over the next value; it has to be JSON nevertheless. */
  skip(): void {
    const first = this.peek();
    if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#skipAll(first === OPEN_BRACE);
    else if (first === QUOTE) this.#skipString();
    else if (first === 0x2d ? this.#bytes[this.#at + 1] !== 0x49 : first >= 0x30 && first <= 0x39) this.#skipNumber();
    else this.value();
  }

  #skipAll(object: boolean): void {
    const closing = object ? CLOSE_BRACE : CLOSE_BRACKET;
    this.#open(object ? OPEN_BRACE : OPEN_BRACKET, 'a value');
    if (this.#takes(closing)) {
      this.#close();
      return;
    }
    do {
      if (object) {
        this.#skipString();
        this.#expect(COLON, '":"');
      }
      this.skip();
    } while (this.#goesOn(closing));
  }

  #skipString(): void {
    const start = this.#stringStart();
    this.#at = this.#endOfString(start) + 1;
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.peek() !== -1) this.#unexpected('the end');
  }

  #open(byte: number, what: string): void {
    this.#expect(byte, what);
    if (++this.#depth > MAX_DEPTH) throw new JsonError(`it is nested more than ${MAX_DEPTH} deep at byte ${this.#at}`);
  }

  #close(): void {
    this.#depth--;
  }

  /** After a value: true for a comma, false for the closing bracket. */
  #goesOn(closing: number): boolean {
    if (this.#takes(COMMA)) return true;
    if (!this.#takes(closing)) this.#unexpected('"," or a closing bracket');
    this.#close();
    return false;
  }

  #takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number, what: string): void {
    if (!this.#takes(byte)) this.#unexpected(what);
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++)
      if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) this.#unexpected('a value');
    this.#at += word.length;
  }

  #space(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.#at];
  }

  #stringStart(): number {
    this.#expect(QUOTE, 'text in quotes');
    return this.#at;
  }

  /**
   * Where the text ends that begins at `start`; {@link #odd} tells whether it has escapes or characters beyond ASCII.
   */
  #endOfString(start: number): number {
    const bytes = this.#bytes;
    this.#odd = false;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) {
        at++;
        this.#odd = true;
      } else if (byte >= 0x80) this.#odd = true;
      else if (byte < 0x20) throw new JsonError(`it has a control character in a text at byte ${at}`);
    }
    throw new JsonError('it ends within a text');
  }

  /**
   * ASCII from the bytes: a part of a larger piece that is decoded once, since a decoder's call costs more than a name.
   */
  #ascii(start: number, end: number): string {
    if (start < this.#pieceAt || end > this.#pieceAt + this.#piece.length) {
      this.#pieceAt = start;
      this.#piece = latin1.decode(this.#bytes.subarray(start, Math.max(end, start + PIECE)));
    }
    return this.#piece.slice(start - this.#pieceAt, end - this.#pieceAt);
  }

  #unescaped(text: string, start: number): string {
    let whole: string;
    try {
      whole = JSON.parse(`"${text}"`);
    } catch {
      throw new JsonError(`it has an unknown escape in the text at byte ${start}`);
    }
    if (!this.#python && /\p{Cs}/u.test(whole))
      throw new JsonError(`it has half a character (a lone surrogate) in the text at byte ${start}`);
    return whole;
  }

  /** Reads over a number and gives where it begins. */
  #skipNumber(): number {
    this.#space();
    const start = this.#at;
    if (this.#bytes[this.#at] === 0x2d) this.#at++;
    if (this.#bytes[this.#at] === 0x30) this.#at++;
    else this.#digits(start);
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at++;
      this.#digits(start);
    }
    if ((this.#bytes[this.#at] | 0x20) === 0x65) {
      this.#at++;
      if (this.#bytes[this.#at] === 0x2b || this.#bytes[this.#at] === 0x2d) this.#at++;
      this.#digits(start);
    }
    return start;
  }

  #digits(start: number): void {
    const first = this.#at;
    while (this.#bytes[this.#at] >= 0x30 && this.#bytes[this.#at] <= 0x39) this.#at++;
    if (this.#at > first) return;
    this.#at = start;
    this.#unexpected('a value');
  }

  #unexpected(expected: string): never {
    const found = this.#at >= this.#bytes.length ? 'its end' : JSON.stringify(this.#near());
    throw new JsonError(cut(`it has ${found} at byte ${this.#at} where ${expected} should be`, 200));
  }

  #near(): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + 12));
  }
}
