import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { ELEMENT_TYPES } from '../elements.ts';

/** A NumPy array as fp32, row-major. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Element types by numpy's kind and size, under the name of {@link ELEMENT_TYPES}. */
const TYPES: Readonly<Record<string, string>> = {
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  b1: 'BOOL',
};

/**
 * Reads a `.npy` file, versions 1 to 3, after https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html:
 * floats, integers and booleans of either byte order, C or Fortran order.
 * Throws `FORMAT_INVALID`; `FORMAT_UNSUPPORTED` for other element types.
 */
export function readNpy(bytes: Uint8Array, file = 'the array'): NpyArray {
  const { text, dataStart } = headerText(bytes, file);
  const { descr, fortran, shape } = parseHeader(text, file);
  const [, order, kind] = /^([<>=|])([a-z]\d+)$/.exec(descr) ?? [];
  const type = TYPES[kind];
  if (!type)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected an array of floats, integers or booleans in ${file}, found the numpy type ${quote(descr)}; convert it with astype("float32").`,
    );
  const { bytes: size, decode } = ELEMENT_TYPES[type];
  const count = shape.reduce((product, length) => product * length, 1);
  const stored = bytes.subarray(dataStart);
  if (count * size !== stored.length)
    throw invalid(
      file,
      `shape [${shape.slice(0, 32).join(', ')}] of ${descr} needs ${count * size} bytes, but ${stored.length} follow the header`,
    );
  const data = new Float32Array(count);
  decode(order === '>' ? swapped(stored, size) : stored, data);
  return { shape, data: fortran ? rowMajor(data, shape) : data };
}

function headerText(bytes: Uint8Array, file: string): { text: string; dataStart: number } {
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== '\x93NUMPY')
    throw invalid(file, 'it does not begin with "\\x93NUMPY"');
  const version = bytes[6];
  if (version < 1 || version > 3) throw invalid(file, `its version is ${version}, not 1, 2 or 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length)
    throw invalid(file, `its header claims ${length} bytes, but only ${bytes.length - start} follow`);
  return { text: new TextDecoder().decode(bytes.subarray(start, start + length)), dataStart: start + length };
}

/** The header is a Python dict with three keys in any order; Python 2 wrote sizes as `3L`. */
function parseHeader(text: string, file: string): { descr: string; fortran: boolean; shape: number[] } {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[.*?\]))/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!descr || !fortran || !shape) throw invalid(file, 'its header lacks descr, fortran_order or shape');
  const sizes = shape[1]
    .replaceAll('L', '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  if (!sizes.every(Number.isSafeInteger)) throw invalid(file, `its shape is ${quote(shape[1])}`);
  return { descr: descr[1] ?? descr[2], fortran: fortran[1] === 'True', shape: sizes };
}

/** The elements with their bytes reversed. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) out[at] = bytes[at - (at % size) + size - 1 - (at % size)];
  return out;
}

/** From Fortran order (first index fastest) to C order (last index fastest). */
function rowMajor(data: Float32Array, shape: readonly number[]): Float32Array {
  const out = new Float32Array(data.length);
  const strides: number[] = [];
  shape.reduce((stride, length) => {
    strides.push(stride);
    return stride * length;
  }, 1);
  const index = shape.map(() => 0);
  for (let at = 0, from = 0; at < out.length; at++) {
    out[at] = data[from];
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

function invalid(file: string, what: string): WeightscopeError {
  return new WeightscopeError('FORMAT_INVALID', `Expected a NumPy array in ${file}, but ${what}.`);
}
