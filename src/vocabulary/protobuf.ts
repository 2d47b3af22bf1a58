import { WeightscopeError } from '../errors.ts';

/** Wire types (https://protobuf.dev/programming-guides/encoding): what a field's value is. */
export const VARINT = 0;
const FIXED_64 = 1;
export const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

interface ProtobufField {
  field: number;
  wire: number;
  /** A number for {@link VARINT} (exact below 2^53), the bytes for all others. */
  value: number | Uint8Array;
}

/**
 * The fields of a message in its order; nothing is copied. Throws `TOKENIZER_INVALID`, naming `file`, where bytes are
 * none.
 */
export function* protobufFields(bytes: Uint8Array, file: string): Generator<ProtobufField> {
  let at = 0;
  const broken = (what: string) =>
    new WeightscopeError(
      'TOKENIZER_INVALID',
      `Expected ${file} to be a SentencePiece model, but ${what} at byte ${at} of a message; download it again.`,
    );
  const varint = (): number => {
    let value = 0;
    for (let power = 1, i = 0; i < 10; i++, power *= 128) {
      if (at >= bytes.length) throw broken('it ends within a number');
      const byte = bytes[at++];
      value += (byte & 0x7f) * power;
      if (byte < 0x80) return value;
    }
    throw broken('a number has more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw broken(`${length} bytes are claimed and ${bytes.length - at} follow`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) throw broken('a field has the number 0');
    if (wire === VARINT) yield { field, wire, value: varint() };
    else if (wire === LENGTH_DELIMITED) yield { field, wire, value: take(varint()) };
    else if (wire === FIXED_64 || wire === FIXED_32) yield { field, wire, value: take(wire === FIXED_64 ? 8 : 4) };
    else throw broken(`a field has the unknown wire type ${wire}`);
  }
}
