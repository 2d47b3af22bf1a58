import { WeightscopeError } from '../../errors.ts';
import { bytesOf } from '../elements.ts';

/** A tensor to write: its data at once, or in pieces that are made when their turn comes (an async generator). */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | AsyncIterable<Float32Array>;
}

/**
 * A safetensors file of fp32 tensors as chunks, in the order given: the header is made from the shapes, so that the
 * data may stream. Throws `ARGUMENT_INVALID` for a name given twice and for data that does not fill its shape.
 */
export async function* writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  yield safetensorsHeader(
    tensors.map(({ name, shape }) => ({ name, shape, dtype: 'F32', bytes: 4 * elements(shape) })),
    metadata,
  );
  for (const tensor of tensors) {
    const expected = elements(tensor.shape);
    let written = 0;
    for await (const values of ArrayBuffer.isView(tensor.data) ? [tensor.data] : tensor.data) {
      written += values.length;
      if (written > expected) break;
      yield bytesOf(values);
    }
    if (written !== expected)
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        `Expected ${expected} values for tensor ${tensor.name} of shape [${tensor.shape.join(', ')}], got ${written > expected ? 'more' : written}.`,
      );
  }
}

/** What a header says of a tensor. */
export interface TensorEntry {
  readonly name: string;
  /** The format's own name of the element type. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/**
 * The beginning of a safetensors file whose tensors follow one after the other. Throws `ARGUMENT_INVALID` for a name
 * twice.
 */
export function safetensorsHeader(
  tensors: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    if (header.has(name) || name === '__metadata__')
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        `Expected tensor names that differ, got ${JSON.stringify(name)} twice.`,
      );
    header.set(name, { dtype, shape, data_offsets: [offset, offset + bytes] });
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Padded with spaces so that the data starts at a multiple of 8, as the format's own library does.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
