/** Writes small GGUF files for tests, right or wrong on purpose. */

export const GGUF = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};

export interface GgufParts {
  version?: number;
  /** Claimed counts, where they should differ from what is there. */
  tensorCount?: bigint;
  pairCount?: bigint;
  /** Key, value type, the value's bytes. */
  pairs?: [key: string, type: number, value: Uint8Array][];
  /** `dims` in the file's own order, innermost first. */
  tensors?: { name: string; dims: (number | bigint)[]; type: number; offset: number | bigint }[];
  alignment?: number;
  data?: Uint8Array;
}

export function ggufFile(parts: GgufParts): Uint8Array {
  const { version = 3, pairs = [], tensors = [], alignment = 32, data = new Uint8Array() } = parts;
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(parts.tensorCount ?? tensors.length),
    u64(parts.pairCount ?? pairs.length),
    ...pairs.flatMap(([key, type, value]) => [text(key), u32(type), value]),
    ...tensors.flatMap(({ name, dims, type, offset }) => [
      text(name),
      u32(dims.length),
      ...dims.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  return Buffer.concat([head, Buffer.alloc(Math.ceil(head.length / alignment) * alignment - head.length), data]);
}

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A string with its length before it. */
export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** An array's type, count and values. */
export function array(type: number, values: Uint8Array[], count: number | bigint = values.length): Uint8Array {
  return Buffer.concat([u32(type), u64(count), ...values]);
}
