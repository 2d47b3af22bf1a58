/**
 * Bytes and text: GPT-2's byte alphabet (every byte has a printable character) and UTF-8 that may be cut in the middle
 * of a character.
 */

/** Text of a piece. */
export interface Decoded {
  /** Bytes that belong to no whole UTF-8 character appear as `\xNN`. */
  text: string;
  /** Set only when there are such bytes: the text with U+FFFD in their place, as other decoders give it. */
  lossy?: string;
}

/**
 * Code point -> byte of the byte-level alphabet (`bytes_to_unicode` of GPT-2): printable Latin-1 stands for itself, the
 * other 68 bytes in order for U+0100 …; so a space is `Ġ` (U+0120) and a newline `Ċ`.
 */
const BYTE_OF_CODE = (() => {
  const table = new Int16Array(0x100 + 68).fill(-1);
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    table[printable ? byte : next++] = byte;
  }
  return table;
})();

const CODE_OF_BYTE = (() => {
  const codes = new Uint16Array(256);
  BYTE_OF_CODE.forEach((byte, code) => {
    if (byte >= 0) codes[byte] = code;
  });
  return codes;
})();

/** Bytes in the byte-level alphabet: ` king` is `Ġking`. */
export function byteLevelPiece(bytes: Uint8Array): string {
  let piece = '';
  for (const byte of bytes) piece += String.fromCharCode(CODE_OF_BYTE[byte]);
  return piece;
}

/**
 * Decodes a byte-level piece. A piece with a character outside the alphabet (an added token such as `<｜end｜>` or two
 * literal spaces) is its own text.
 */
export function decodeByteLevel(piece: string): Decoded {
  const bytes = new Uint8Array(piece.length);
  let ascii = true;
  for (let i = 0; i < piece.length; i++) {
    const code = piece.charCodeAt(i);
    const byte = code < BYTE_OF_CODE.length ? BYTE_OF_CODE[code] : -1;
    if (byte < 0) return { text: piece };
    if (byte >= 0x80) ascii = false;
    bytes[i] = byte;
  }
  return ascii ? { text: utf8.decode(bytes) } : decodeUtf8(bytes);
}

/** UTF-8 to text, each byte that is part of no whole character as `\xNN` (two upper-case hexadecimal digits). */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  let text = '';
  let whole = true;
  for (let i = 0; i < bytes.length; ) {
    const length = characterLength(bytes, i);
    if (length > 0) {
      text += utf8.decode(bytes.subarray(i, i + length));
      i += length;
    } else {
      text += `\\x${bytes[i].toString(16).toUpperCase().padStart(2, '0')}`;
      whole = false;
      i += 1;
    }
  }
  return whole ? { text } : { text, lossy: utf8.decode(bytes) };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Length of the whole character that starts at `start`, 0 if none does (RFC 3629: no overlong forms, no surrogates).
 */
function characterLength(bytes: Uint8Array, start: number): number {
  const lead = bytes[start];
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || start + length > bytes.length) return 0;
  for (let i = start + 1; i < start + length; i++) if ((bytes[i] & 0xc0) !== 0x80) return 0;
  const second = bytes[start + 1];
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return length;
}
