import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { Source } from '../../source/source.ts';
import { crc32 } from './crc32.ts';

/**
 * The one kind of zip file that torch.save writes (PKWARE APPNOTE 6.3): records stored as they are, a central directory
 * at the very end, zip64 where needed. Whatever could be read in two ways is refused: what one program checks and
 * another loads must be the same bytes.
 */
export interface Zip {
  readonly records: ReadonlyMap<string, ZipRecord>;
  /** Byte range of a record's data, after its own header was compared with the directory. */
  locate(name: string): Promise<{ start: number; end: number }>;
  /** A small record whole, its CRC checked. Throws `FORMAT_LIMIT` beyond `limit` bytes. */
  read(name: string, limit: number): Promise<Uint8Array>;
}

export interface ZipRecord {
  readonly name: string;
  readonly crc: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
  readonly flags: number;
}

const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
const MAX_DIRECTORY_BYTES = 100_000_000;
/** Sizes follow the data; names are UTF-8. Everything else (encryption, patches, masked headers) is refused. */
const KNOWN_FLAGS = 0x0808;
const SIZES_FOLLOW = 0x0008;

export async function openZip(source: Source): Promise<Zip> {
  const { start, end, count } = await findDirectory(source);
  if (end - start > MAX_DIRECTORY_BYTES)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected a zip directory of at most ${MAX_DIRECTORY_BYTES} bytes in ${source.name}, found ${end - start}.`,
    );
  const records = parseDirectory(await source.slice(start, end), count, start, source.name);
  const zip: Zip = {
    records,
    async locate(name) {
      const record = records.get(name);
      if (!record) throw invalid(source.name, `it has no record ${quote(name)}`);
      return locate(record, source, start);
    },
    async read(name, limit) {
      const { start: from, end: to } = await zip.locate(name);
      if (to - from > limit)
        throw new WeightscopeError(
          'FORMAT_LIMIT',
          `Expected at most ${limit} bytes in record ${quote(name)} of ${source.name}, found ${to - from}.`,
        );
      const bytes = await source.slice(from, to);
      checkCrc(records.get(name)!, crc32(bytes), source.name);
      return bytes;
    },
  };
  return zip;
}

export function checkCrc(record: ZipRecord, found: number, file: string): void {
  if (found !== record.crc)
    throw invalid(file, `record ${quote(record.name)} has the checksum ${hex(found)}, not ${hex(record.crc)}`);
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

async function findDirectory(source: Source): Promise<{ start: number; end: number; count: number }> {
  const { byteLength, name: file } = source;
  const tailStart = Math.max(0, byteLength - END_BYTES - LOCATOR_BYTES);
  const tail = viewOf(await source.slice(tailStart, byteLength));
  const at = tail.byteLength - END_BYTES;
  if (at < 0 || tail.getUint32(at, true) !== 0x06054b50 || tail.getUint16(at + 20, true) !== 0)
    throw invalid(file, 'its zip directory does not stand at its end');
  const end = byteLength - END_BYTES;
  const [disk, diskOfStart] = [tail.getUint16(at + 4, true), tail.getUint16(at + 6, true)];
  const [here, count] = [tail.getUint16(at + 8, true), tail.getUint16(at + 10, true)];
  const [size, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (at >= LOCATOR_BYTES && tail.getUint32(at - LOCATOR_BYTES, true) === 0x07064b50)
    return findDirectory64(source, end - LOCATOR_BYTES, viewFrom(tail, at - LOCATOR_BYTES), { count, size, start });
  if (disk !== 0 || diskOfStart !== 0 || here !== count || start + size !== end)
    throw invalid(file, 'its zip directory is not where its end says');
  return { start, end, count };
}

/** What does not fit into the old end record stands in one before it; what fits must say the same in both. */
async function findDirectory64(
  source: Source,
  end: number,
  locator: DataView,
  old: { count: number; size: number; start: number },
): Promise<{ start: number; end: number; count: number }> {
  const at = numberOf(locator, 8);
  if (at + END64_BYTES !== end) throw invalid(source.name, 'its zip64 end is not before its locator');
  const view = viewOf(await source.slice(at, end));
  if (view.getUint32(0, true) !== 0x06064b50) throw invalid(source.name, 'its zip64 end is not where its locator says');
  const [count, size, start] = [numberOf(view, 32), numberOf(view, 40), numberOf(view, 48)];
  const agrees =
    [0xffff, count].includes(old.count) &&
    [0xffffffff, size].includes(old.size) &&
    [0xffffffff, start].includes(old.start);
  if (!agrees || numberOf(view, 24) !== count || view.getUint32(16, true) !== 0 || start + size !== at)
    throw invalid(source.name, 'its two zip directories differ');
  return { start, end: at, count };
}

function parseDirectory(bytes: Uint8Array, count: number, dataEnd: number, file: string): Map<string, ZipRecord> {
  const view = viewOf(bytes);
  const records = new Map<string, ZipRecord>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw invalid(file, 'its zip directory is damaged');
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [nameBytes, extraBytes] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw invalid(file, 'its zip directory is damaged');
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    if (method !== 0 || (flags & ~KNOWN_FLAGS) !== 0)
      throw invalid(file, `its record ${quote(name)} is compressed or encrypted, as torch.save never writes it`);
    if (view.getUint16(at + 34, true) !== 0)
      throw invalid(file, `its record ${quote(name)} is on another disk of a zip file in parts`);
    if (records.has(name)) throw invalid(file, `it has the record ${quote(name)} twice`);
    const extra = viewOf(bytes.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes));
    const [size, packed, start] = sizesOf(view, at, extra) ?? [-1, -2, -1];
    if (size !== packed || start < 0 || start + 30 + size > dataEnd)
      throw invalid(file, `its record ${quote(name)} does not lie within its data`);
    records.set(name, { name, crc: view.getUint32(at + 16, true), size, at: start, flags });
    at = next;
  }
  if (records.size !== count) throw invalid(file, `it has ${records.size} records, not ${count}`);
  return records;
}

/** Size, packed size and place of an entry; those that are all ones stand in the zip64 field, in this order. */
function sizesOf(view: DataView, at: number, extra: DataView): [number, number, number] | undefined {
  const values = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  if (!values.includes(0xffffffff)) return values as [number, number, number];
  for (let i = 0; i + 4 <= extra.byteLength; ) {
    const [id, size] = [extra.getUint16(i, true), extra.getUint16(i + 2, true)];
    if (i + 4 + size > extra.byteLength) return undefined;
    if (id === 1) {
      let from = i + 4;
      for (let k = 0; k < 3; k++) {
        if (values[k] !== 0xffffffff) continue;
        if (from + 8 > i + 4 + size) return undefined;
        values[k] = numberOf(extra, from);
        from += 8;
      }
      return values as [number, number, number];
    }
    i += 4 + size;
  }
  return undefined;
}

async function locate(record: ZipRecord, source: Source, dataEnd: number): Promise<{ start: number; end: number }> {
  const { at, name, size, flags, crc } = record;
  const bytes = await source.slice(at, Math.min(at + 30 + new TextEncoder().encode(name).length, dataEnd));
  const view = viewOf(bytes);
  const nameBytes = view.getUint16(26, true);
  const own = new TextDecoder().decode(bytes.subarray(30, 30 + nameBytes));
  const follows = (flags & SIZES_FOLLOW) !== 0;
  const same = (offset: number, value: number): boolean => {
    const found = view.getUint32(offset, true);
    return found === value || (follows && found === 0) || (offset > 14 && found === 0xffffffff);
  };
  const isSame = view.getUint32(0, true) === 0x04034b50 && own === name && view.getUint16(6, true) === flags;
  if (!isSame || view.getUint16(8, true) !== 0 || !same(14, crc) || !same(18, size) || !same(22, size))
    throw invalid(source.name, `the header of record ${quote(name)} differs from the zip directory's`);
  const start = at + 30 + nameBytes + view.getUint16(28, true);
  if (start + size > dataEnd) throw invalid(source.name, `its record ${quote(name)} does not lie within its data`);
  return { start, end: start + size };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const viewFrom = (view: DataView, at: number): DataView => new DataView(view.buffer, view.byteOffset + at);
/** A u64 as a number; what is no safe integer lies in no file. */
const numberOf = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

export function invalid(file: string, what: string): WeightscopeError {
  return new WeightscopeError(
    'FORMAT_INVALID',
    `Expected PyTorch weights as torch.save writes them in ${file}, but ${what}; fetch the file again, or take the model's .safetensors.`,
  );
}

/** What torch.save wrote, and is no state dict that is read. */
export function unsupported(file: string, found: string, advice: string): WeightscopeError {
  return new WeightscopeError(
    'FORMAT_UNSUPPORTED',
    `Expected a state dict of tensors in ${file}, found ${found}; ${advice}.`,
  );
}
