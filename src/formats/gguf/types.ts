import { ELEMENT_TYPES } from '../elements.ts';
import * as legacy from './dequantize.ts';
import * as iq from './dequantize-iq.ts';
import * as k from './dequantize-k.ts';
import * as small from './dequantize-small.ts';

/** An element type of GGUF that is read: `blockSize` weights share `blockBytes` bytes. */
export interface GgufType {
  readonly name: string;
  readonly blockSize: number;
  readonly blockBytes: number;
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
}

const plain = (name: string): GgufType => ({
  name,
  blockSize: 1,
  blockBytes: ELEMENT_TYPES[name].bytes,
  decode: ELEMENT_TYPES[name].decode,
});

/** Types that are read, by their number in `enum ggml_type`. */
export const GGUF_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, plain('F32')],
  [1, plain('F16')],
  [2, { name: 'Q4_0', blockSize: 32, blockBytes: 18, decode: legacy.q4_0 }],
  [3, { name: 'Q4_1', blockSize: 32, blockBytes: 20, decode: legacy.q4_1 }],
  [6, { name: 'Q5_0', blockSize: 32, blockBytes: 22, decode: legacy.q5_0 }],
  [7, { name: 'Q5_1', blockSize: 32, blockBytes: 24, decode: legacy.q5_1 }],
  [8, { name: 'Q8_0', blockSize: 32, blockBytes: 34, decode: legacy.q8_0 }],
  [10, { name: 'Q2_K', blockSize: 256, blockBytes: 84, decode: k.q2_k }],
  [11, { name: 'Q3_K', blockSize: 256, blockBytes: 110, decode: k.q3_k }],
  [12, { name: 'Q4_K', blockSize: 256, blockBytes: 144, decode: k.q4_k }],
  [13, { name: 'Q5_K', blockSize: 256, blockBytes: 176, decode: k.q5_k }],
  [14, { name: 'Q6_K', blockSize: 256, blockBytes: 210, decode: k.q6_k }],
  [16, { name: 'IQ2_XXS', blockSize: 256, blockBytes: 66, decode: iq.iq2_xxs }],
  [17, { name: 'IQ2_XS', blockSize: 256, blockBytes: 74, decode: iq.iq2_xs }],
  [18, { name: 'IQ3_XXS', blockSize: 256, blockBytes: 98, decode: iq.iq3_xxs }],
  [19, { name: 'IQ1_S', blockSize: 256, blockBytes: 50, decode: iq.iq1_s }],
  [20, { name: 'IQ4_NL', blockSize: 32, blockBytes: 18, decode: legacy.iq4_nl }],
  [21, { name: 'IQ3_S', blockSize: 256, blockBytes: 110, decode: iq.iq3_s }],
  [22, { name: 'IQ2_S', blockSize: 256, blockBytes: 82, decode: iq.iq2_s }],
  [23, { name: 'IQ4_XS', blockSize: 256, blockBytes: 136, decode: k.iq4_xs }],
  [28, plain('F64')],
  [29, { name: 'IQ1_M', blockSize: 256, blockBytes: 56, decode: iq.iq1_m }],
  [30, plain('BF16')],
  [34, { name: 'TQ1_0', blockSize: 256, blockBytes: 54, decode: small.tq1_0 }],
  [35, { name: 'TQ2_0', blockSize: 256, blockBytes: 66, decode: small.tq2_0 }],
  [39, { name: 'MXFP4', blockSize: 32, blockBytes: 17, decode: small.mxfp4 }],
]);

/** Types whose size is known and whose numbers are not weights as they stand: refused when one is wanted. */
export const UNREAD_TYPES: ReadonlyMap<number, Omit<GgufType, 'decode'>> = new Map([
  [24, { name: 'I8', blockSize: 1, blockBytes: 1 }],
  [25, { name: 'I16', blockSize: 1, blockBytes: 2 }],
  [26, { name: 'I32', blockSize: 1, blockBytes: 4 }],
  [27, { name: 'I64', blockSize: 1, blockBytes: 8 }],
  [40, { name: 'NVFP4', blockSize: 64, blockBytes: 36 }],
  [41, { name: 'Q1_0', blockSize: 128, blockBytes: 18 }],
]);

/** Names of types that are neither read nor of a known size here, for messages. */
export const OTHER_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [9, 'Q8_1'],
  [15, 'Q8_K'],
]);
