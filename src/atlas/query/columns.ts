import type { ColumnMetaData, ParquetType, SchemaElement } from 'hyparquet';
import { parquetMetadata } from 'hyparquet/src/metadata.js';
// The readers of a footer and a page alone: the whole package takes longer to load than a search.
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { damage, damaged } from './damaged.ts';
import type { FileReader, TableFile } from './folder.ts';

const WIDTHS: Partial<Record<ParquetType, number>> = { INT32: 4, DOUBLE: 8 };

/** Bytes of a page's header at most; two pages' headers are longer than what is allowed for. */
const MAX_HEADER = 64;

/**
 * Bytes of a footer: a table of ten million rows has some 140 kB. Making objects of one takes forty times its size, so
 * that a stranger's, with a row group for every row, could fill memory.
 */
const MAX_FOOTER = 4 << 20;

/** A row group's values of one column. */
interface Piece {
  /** Its first row in the file. */
  row: number;
  rows: number;
  /** Bytes of a value. */
  width: number;
  /** As the footer has them. */
  chunk: ColumnMetaData;
  element: SchemaElement;
  /** The page of its values, header included, where they are plain. */
  page?: { at: number; bytes: number };
  /** Where values of one width begin in the file, one behind the other; undefined where they are encoded otherwise. */
  at?: number;
  min?: unknown;
  max?: unknown;
}

export type Numbers = Int32Array | Float64Array;

/**
 * Reads values [from, from + into.length) of a column, of whole numbers (doubles) into an Int32Array (Float64Array).
 */
export type ReadColumn = <T extends Numbers>(column: string, from: number, into: T) => Promise<T>;

/**
 * A Parquet file of an atlas, of which some columns lie in it as plain arrays (atlas/parquet.ts): a look-up takes a
 * read of the very bytes asked for, where a database would decode 65,536 rows of each column to find them.
 */
export class ColumnFile {
  readonly path: string;
  readonly rows: number;
  readonly #bytes: number;
  readonly #file: TableFile;
  #columns?: Promise<Map<string, Piece[]>>;

  /** Nothing is read before something is asked of it. Throws `ATLAS_INVALID`. */
  constructor(file: TableFile) {
    const { path, bytes, rows } = file;
    // Each table that is read so has as many bytes in each row: no more memory is taken than the file is large.
    if (rows * 8 > bytes) throw damage(path, new Error(`${rows} rows in ${bytes} bytes`));
    this.path = path;
    this.rows = rows;
    this.#bytes = bytes;
    this.#file = file;
  }

  /** Whether the file has this column. Throws `ATLAS_INVALID`. */
  has(column: string): Promise<boolean> {
    return damaged(this.path, async () => (await this.#pieces(column)).length > 0);
  }

  /** A column's smallest and largest value over the file, where its statistics say. Throws `ATLAS_INVALID`. */
  async range(column: string): Promise<[min: unknown, max: unknown] | undefined> {
    const pieces = await damaged(this.path, () => this.#pieces(column));
    if (pieces.length === 0 || pieces.some(({ min, max }) => min === undefined || max === undefined)) return undefined;
    const values = pieces.flatMap(({ min, max }) => [min, max]) as (number | string)[];
    return [values.reduce((a, b) => (b < a ? b : a)), values.reduce((a, b) => (b > a ? b : a))];
  }

  /** The one value that a column has in this file. Throws `ATLAS_INVALID`. */
  async only(column: string): Promise<unknown> {
    const [min, max] = (await this.range(column)) ?? [];
    if (min === undefined || min !== max) throw damage(this.path, new Error(`it has not one ${column}`));
    return min;
  }

  /** All strings of a column that is plain. Throws `ATLAS_INVALID`. */
  strings(column: string): Promise<string[]> {
    return damaged(this.path, async () => {
      const texts: string[] = [];
      const utf8 = new TextDecoder();
      const latin1 = new TextDecoder('latin1');
      for (const { rows, bytes } of await this.#pages(column)) {
        // Most texts are ASCII, and a slice of one long string is made sooner than a string of bytes.
        const whole = latin1.decode(bytes);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let i = 0, at = 0; i < rows; i++) {
          const start = at + 4;
          at = start + view.getUint32(at, true);
          if (at > bytes.length) throw new Error('it is cut off');
          let ascii = true;
          for (let j = start; j < at && ascii; j++) ascii = bytes[j] < 128;
          texts.push(ascii ? whole.slice(start, at) : utf8.decode(bytes.subarray(start, at)));
        }
      }
      return texts;
    });
  }

  /** All values of a column of booleans that is plain. Throws `ATLAS_INVALID`. */
  flags(column: string): Promise<boolean[]> {
    return damaged(this.path, async () => {
      const flags: boolean[] = [];
      for (const { rows, bytes } of await this.#pages(column)) {
        if (bytes.length < rows / 8) throw new Error('it is cut off');
        for (let i = 0; i < rows; i++) flags.push(((bytes[i >> 3] >> (i & 7)) & 1) === 1);
      }
      return flags;
    });
  }

  /** All values of a column, however it is encoded; null where there is none. Throws `ATLAS_INVALID`. */
  values(column: string): Promise<(number | string | null)[]> {
    return damaged(this.path, async () => {
      const { decoded } = await import('./decoded.ts');
      const pieces = await this.#pieces(column);
      const found = await this.#opened((file) =>
        Promise.all(
          pieces.map(async ({ rows, chunk, element }) => {
            const at = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
            return decoded(await this.#bytesOf(file, at, Number(chunk.total_compressed_size)), chunk, element, rows);
          }),
        ),
      );
      return found.flat();
    });
  }

  /** A column's plain values by row group, as bytes. */
  async #pages(column: string): Promise<{ rows: number; bytes: Uint8Array }[]> {
    const pieces = await this.#pieces(column);
    return this.#opened((file) =>
      Promise.all(
        pieces.map(async ({ rows, page }) => {
          if (!page) throw new Error(`its ${column} is not as weightscope writes it`);
          const bytes = await this.#bytesOf(file, page.at, page.bytes);
          const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
          // Fields of a page of version 2: its number of values, and that it has no levels before them.
          const { field_1, field_5, field_6 } = deserializeTCompactProtocol(reader).field_8 ?? {};
          if (field_1 !== rows || field_5 !== 0 || field_6 !== 0)
            throw new Error(`its ${column} is not as weightscope writes it`);
          return { rows, bytes: bytes.subarray(reader.offset) };
        }),
      ),
    );
  }

  async #bytesOf(file: FileReader, at: number, length: number): Promise<Uint8Array> {
    if (!(at >= 0 && length >= 0 && at + length <= this.#bytes)) throw new Error('it is cut off');
    const bytes = new Uint8Array(length);
    await file.read(at, bytes);
    return bytes;
  }

  async #opened<T>(ask: (file: FileReader) => Promise<T>): Promise<T> {
    const file = this.#file.open();
    try {
      return await ask(file);
    } finally {
      file.close();
    }
  }

  /** Opens the file for as long as `ask` takes, which must not keep what it is given. Throws `ATLAS_INVALID`. */
  open<T>(ask: (read: ReadColumn) => Promise<T>): Promise<T> {
    return damaged(this.path, () =>
      this.#opened((file) => ask((column, from, into) => this.#read(file, column, from, into))),
    );
  }

  /** Where a column's values are: the file's footer says. */
  async #pieces(column: string): Promise<readonly Piece[]> {
    this.#columns ??= this.#footer().catch((error) => {
      // Another attempt may go well: the connection may be back.
      this.#columns = undefined;
      throw error;
    });
    return (await this.#columns).get(column) ?? [];
  }

  async #footer(): Promise<Map<string, Piece[]>> {
    const bytes = await this.#opened((file) => footerOf(file, this.#bytes));
    const { row_groups, num_rows, schema } = parquetMetadata(bytes, { geoparquet: false });
    if (Number(num_rows) !== this.rows) throw new Error(`${num_rows} rows instead of ${this.rows}`);
    const columns = new Map<string, Piece[]>();
    let row = 0;
    for (const group of row_groups) {
      const rows = Number(group.num_rows);
      // Groups and columns that stand for the same bytes over and over would take memory out of proportion to the file.
      if (!(rows >= 0 && row + rows <= this.rows)) throw new Error(`more rows in its groups than ${this.rows}`);
      const seen = new Set<string>();
      for (const { meta_data: chunk } of group.columns) {
        if (!chunk) continue;
        const [name] = chunk.path_in_schema;
        const element = schema.find((one) => one.name === name);
        if (!element) continue;
        if (seen.has(name)) throw new Error(`its ${name} twice in one group`);
        seen.add(name);
        const pieces = columns.get(name) ?? [];
        pieces.push({ row, rows, chunk, element, ...pieceOf(chunk, rows, this.#bytes) });
        columns.set(name, pieces);
      }
      row += rows;
    }
    if (row !== this.rows) throw new Error(`${row} rows in its groups instead of ${this.rows}`);
    return columns;
  }

  async #read<T extends Numbers>(file: FileReader, column: string, from: number, into: T): Promise<T> {
    const pieces = await this.#pieces(column);
    if (pieces.length === 0 || from < 0 || from + into.length > this.rows)
      throw new Error(`no ${column} of row ${from}`);
    // Row groups are equal but for the last one.
    let i = Math.min(Math.floor(from / pieces[0].rows), pieces.length - 1);
    for (let done = 0; done < into.length; i++) {
      const { row, rows, width, at, min, max } = pieces[i] ?? pieces[0];
      const [start, n] = [from + done - row, Math.min(row + rows - from, into.length) - done];
      if (start < 0 || n <= 0 || into.BYTES_PER_ELEMENT !== width) throw new Error(`no ${column} of row ${from}`);
      if (at !== undefined) {
        const bytes = new Uint8Array(into.buffer, into.byteOffset + done * width, n * width);
        const arriving = file.read(at + start * width, bytes);
        if (arriving) await arriving;
      } else if (typeof min === 'number' && min === max) into.fill(min, done, done + n);
      else throw new Error(`its ${column} is not as weightscope writes it`);
      done += n;
    }
    return into;
  }
}

async function footerOf(file: FileReader, bytes: number): Promise<Uint8Array> {
  const tail = async (n: number): Promise<Uint8Array> => {
    const buffer = new Uint8Array(Math.min(n, bytes));
    await file.read(bytes - buffer.length, buffer);
    return buffer;
  };
  const end = await tail(8);
  const length = new DataView(end.buffer).getUint32(0, true);
  if (length > MAX_FOOTER) throw new Error(`its footer has ${length} bytes instead of at most ${MAX_FOOTER}`);
  return tail(8 + length);
}

function pieceOf(
  chunk: ColumnMetaData,
  rows: number,
  bytes: number,
): Omit<Piece, 'row' | 'rows' | 'chunk' | 'element'> {
  const { min_value: min, max_value: max } = chunk.statistics ?? {};
  const width = WIDTHS[chunk.type] ?? 0;
  // One page of plain values: whatever the column takes more than they do is its header, before them.
  const header = Number(chunk.total_compressed_size) - width * rows;
  const at = Number(chunk.data_page_offset) + header;
  const plain = chunk.codec === 'UNCOMPRESSED' && chunk.encodings.join() === 'PLAIN';
  const there = width > 0 && header > 0 && header <= MAX_HEADER && at > 0 && at + width * rows <= bytes;
  const page = { at: Number(chunk.data_page_offset), bytes: Number(chunk.total_compressed_size) };
  return { width, min, max, ...(plain && { page }), ...(plain && there && { at }) };
}
