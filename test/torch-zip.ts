import { crc32 } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the record's own header, and what the directory says, where that is not the truth. */
  readonly local?: Readonly<Partial<ZipFields>>;
  readonly central?: Readonly<Partial<ZipFields>>;
}

export interface ZipFields {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  at: number;
  /** The disk of a zip file in parts; in the directory alone. */
  disk: number;
}

/** A zip file as torch.save writes it, or as someone who means harm does. `end` changes bytes of the end record. */
export function zipFile(entries: readonly ZipEntry[], end: { count?: number; size?: number; start?: number } = {}) {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, local, central } of entries) {
    const truth = {
      name,
      flags: 0x808,
      method: 0,
      crc: crc32(data),
      packed: data.length,
      size: data.length,
      at,
      disk: 0,
    };
    const own = header({ ...truth, ...local }, false);
    parts.push(own, Buffer.from(data));
    directory.push(header({ ...truth, ...central }, true));
    at += own.length + data.length;
  }
  const all = Buffer.concat(directory);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(end.count ?? entries.length, 8);
  last.writeUInt16LE(end.count ?? entries.length, 10);
  last.writeUInt32LE(end.size ?? all.length, 12);
  last.writeUInt32LE(end.start ?? at, 16);
  return new Uint8Array(Buffer.concat([...parts, all, last]));
}

function header({ name, flags, method, crc, packed, size, at, disk }: ZipFields, isCentral: boolean): Buffer {
  const from = isCentral ? 2 : 0;
  const bytes = Buffer.alloc(isCentral ? 46 : 30);
  bytes.writeUInt32LE(isCentral ? 0x02014b50 : 0x04034b50, 0);
  bytes.writeUInt16LE(flags, 6 + from);
  bytes.writeUInt16LE(method, 8 + from);
  bytes.writeUInt32LE(crc, 14 + from);
  bytes.writeUInt32LE(packed, 18 + from);
  bytes.writeUInt32LE(size, 22 + from);
  bytes.writeUInt16LE(Buffer.byteLength(name), 26 + from);
  if (isCentral) {
    bytes.writeUInt16LE(disk, 34);
    bytes.writeUInt32LE(at, 42);
  }
  return Buffer.concat([bytes, Buffer.from(name)]);
}

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const unicode = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([latin('X'), length, bytes]);
};
const join = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin(part) : part)));

/** Pieces of a pickle of protocol 2. */
export const P = {
  join,
  text: unicode,
  global: (module: string, name: string) => latin(`c${module}\n${name}\n`),
  small: (n: number) => Buffer.of(0x4b, n),
  whole: (...parts: (string | Buffer)[]) => new Uint8Array(join('\x80\x02', ...parts, '.')),
};

/** The instructions of a tensor [2, 2] of fp32 in storage `key`; any part may be another. */
export function tensor(
  change: { id?: Buffer; offset?: Buffer; shape?: Buffer; strides?: Buffer; callee?: Buffer; metadata?: Buffer } = {},
) {
  const id =
    change.id ??
    join('(', unicode('storage'), P.global('torch', 'FloatStorage'), unicode('0'), unicode('cpu'), P.small(4), 't');
  return join(
    change.callee ?? P.global('torch._utils', '_rebuild_tensor_v2'),
    '(',
    ...[id, 'Q', change.offset ?? P.small(0)],
    ...[change.shape ?? join(P.small(2), P.small(2), '\x86'), change.strides ?? join(P.small(2), P.small(1), '\x86')],
    ...['\x89', P.global('collections', 'OrderedDict'), ')R', change.metadata ?? '', 'tR'],
  );
}
