import { WeightscopeError } from '../errors.ts';

/** Intermediate results on their way from a unit to the tables that need all units. */
export type Arrays = Record<string, Uint32Array | Float64Array>;

const KINDS = { u32: Uint32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;

/**
 * Named arrays as bytes: the length of a JSON header (fp64, so that what follows is aligned), the header
 * `[[name, kind, length], …]` padded to 8 bytes with spaces, then the arrays in that order, each padded to 8 bytes.
 * Little-endian like every machine this runs on. Never part of a finished atlas.
 */
export function writeArrays(arrays: Arrays): Uint8Array {
  const entries = Object.entries(arrays);
  const json = JSON.stringify(entries.map(([name, a]) => [name, a instanceof Uint32Array ? 'u32' : 'f64', a.length]));
  const header = new TextEncoder().encode(json.padEnd(padded(json.length)));
  const size = entries.reduce((sum, [, array]) => sum + padded(array.byteLength), 8 + header.length);
  const bytes = new Uint8Array(size);
  new Float64Array(bytes.buffer, 0, 1)[0] = header.length;
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += padded(array.byteLength);
  }
  return bytes;
}

/** Views on `bytes`, which are trusted: the reader has compared their hash with the unit's receipt. */
export function readArrays(bytes: Uint8Array): Arrays {
  const whole = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const view = (at: number, kind: Kind, length: number) =>
    new KINDS[kind](whole.buffer as ArrayBuffer, whole.byteOffset + at, length);
  try {
    const [header] = view(0, 'f64', 1);
    let at = 8 + header;
    const entries = JSON.parse(new TextDecoder().decode(whole.subarray(8, at))) as [string, Kind, number][];
    return Object.fromEntries(
      entries.map(([name, kind, length]) => {
        const array = view(at, kind, length);
        at += padded(array.byteLength);
        return [name, array];
      }),
    );
  } catch (cause) {
    throw new WeightscopeError('FORMAT_INVALID', 'Expected arrays of an unfinished atlas, found something else.', {
      cause,
    });
  }
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;
