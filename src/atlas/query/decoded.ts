import type { ColumnMetaData, SchemaElement } from 'hyparquet';
import { parquetHeader, readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';

/** A value as the tables have it. */
export type Value = number | string | null;

/** What Snappy makes of a byte, at most: a copy of 64 bytes is said in two. */
const SNAPPY_MOST = 32;
/** Others can make texts of texts before them, a megabyte of file a terabyte of memory. */
const ENCODINGS = new Set(['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY']);
const TYPES = new Set(['INT32', 'DOUBLE', 'BYTE_ARRAY']);

/**
 * The values of a column of one row group from its bytes, in whichever of the encodings that atlas/parquet.ts writes.
 * What its pages claim to hold is looked at first, so that a stranger's file takes memory in proportion to its size.
 */
export function decoded(bytes: Uint8Array, chunk: ColumnMetaData, element: SchemaElement, rows: number): Value[] {
  const { name, type, repetition_type: repeated } = element;
  if (!type || !TYPES.has(type) || type !== chunk.type || repeated === 'REPEATED')
    throw new Error(`its ${name} is not as weightscope writes it`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  checkPages(view, rows);
  const schemaPath = [
    { children: [], count: 2, element: { name: 'root', num_children: 1 }, path: [] },
    { children: [], count: 1, element, path: [name] },
  ];
  const { data } = readColumn(
    { view, offset: 0 },
    { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows },
    { pathInSchema: [name], schemaPath, element, type, codec: chunk.codec, parsers: DEFAULT_PARSERS },
  );
  const values = data.flatMap((page) => Array.from(page as ArrayLike<Value | undefined>, (value) => value ?? null));
  if (values.length !== rows) throw new Error(`it has ${values.length} values of ${name} instead of ${rows}`);
  return values;
}

/** Throws where a page says that it has more values, or larger ones, than can be in its bytes. */
function checkPages(view: DataView, rows: number): void {
  const reader = { view, offset: 0 };
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    const { num_values: values = rows, encoding = 'PLAIN' } =
      header.data_page_header_v2 ?? header.data_page_header ?? header.dictionary_page_header ?? {};
    if (!ENCODINGS.has(encoding)) throw new Error(`a page of it is encoded as ${encoding}`);
    const fits = size >= 0 && reader.offset + size <= view.byteLength && unpacked <= SNAPPY_MOST * size + 64;
    if (!fits || !(values >= 0 && values <= rows)) throw new Error('a page of it claims more than it can hold');
    reader.offset += size;
  }
}
