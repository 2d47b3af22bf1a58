import { ELEMENT_TYPES } from '../elements.ts';
import * as legacy from './dequantize.ts';
import * as k from './dequantize-k.ts';

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
  [20, { name: 'IQ4_NL', blockSize: 32, blockBytes: 18, decode: legacy.iq4_nl }],
  [23, { name: 'IQ4_XS', blockSize: 256, blockBytes: 136, decode: k.iq4_xs }],
  [30, plain('BF16')],
]);

/** Names of types that are not read, for messages. */
export const OTHER_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
]);
