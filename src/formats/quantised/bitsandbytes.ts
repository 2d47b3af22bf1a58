import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { readElements } from '../read.ts';
import type { TensorInfo } from '../tensor.ts';
import { wholeBytes } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, present, type Storage, sameShape } from './scheme.ts';

const { fround } = Math;
const MAX_STATE_BYTES = 1 << 16;

/**
 * bitsandbytes LLM.int8(): int8 `weight` [out, in], and `SCB` [out], the largest absolute value of each row:
 * W = weight · SCB / 127, as its CPU kernel computes it. `weight_format` other than 0 is a layout of a device.
 */
export function bnbInt8(name: string, storage: Storage): Decoded | undefined {
  const { tensors } = storage;
  const codes = tensors.get(name)!;
  if (codes.dtype !== 'I8' || !name.endsWith('.weight') || codes.shape.length !== 2) return undefined;
  const module = name.slice(0, -'.weight'.length);
  const scb = tensors.get(`${module}.SCB`);
  const [out, inputs] = codes.shape;
  if (!scb || !sameShape(scb, out)) return undefined;
  const format = tensors.get(`${module}.weight_format`);
  const weight = scaled(codes, { scale: { ...scb, shape: [out, 1] }, block: [1, inputs], factor: fround(1 / 127) });
  const lines: TensorInfo['lines'] = async (from, to, values, signal) => {
    if (format && (await readElements(format, 0, 1, signal))[0] !== 0)
      throw new WeightscopeError(
        'FORMAT_UNSUPPORTED',
        `Expected rows in ${quote(name)} of ${codes.source.name}, found a layout of bitsandbytes for one device (weight_format is not 0); save the model again with a current bitsandbytes.`,
      );
    await weight.lines!(from, to, values, signal);
  };
  return {
    tensor: named({ ...weight, lines }, name, 'bitsandbytes int8'),
    parts: [name, ...present(storage, `${module}.SCB`, `${module}.weight_format`)],
  };
}

/** The entries of a quant_state that are read. */
interface State {
  readonly blocksize: number;
  readonly shape: readonly number[];
  readonly nested_blocksize?: number;
  readonly nested_offset?: number;
}

/**
 * bitsandbytes NF4 and FP4 (Dettmers et al., "QLoRA", 2023): two codes a byte, the first in its high half, of all rows
 * one after the other; `quant_map` [16] says their values, `absmax` scales each `blocksize` of them. Doubly quantised,
 * absmax = nested_quant_map[absmax] · nested_absmax[block of blocks] + nested_offset. Shape and sizes stand in the JSON
 * `quant_state.bitsandbytes__nf4`, which is read when the file is opened.
 */
export async function bnb4Bit(name: string, storage: Storage): Promise<Decoded | undefined> {
  const kind = /\.quant_state\.bitsandbytes__(nf4|fp4)$/.exec(name);
  if (!kind) return undefined;
  const own = name.slice(0, kind.index);
  const { tensors } = storage;
  const [codes, map, absmax] = ['', '.quant_map', '.absmax'].map((end) => tensors.get(own + end));
  const [nestedMap, nestedAbsmax] = ['.nested_quant_map', '.nested_absmax'].map((end) => tensors.get(own + end));
  const state = await readState(tensors.get(name)!);
  if (!codes || !map || !absmax || !state || !sameShape(map, 16)) return undefined;
  const count = state.shape.reduce((product, size) => product * size, 1);
  const blocks = Math.ceil(count / state.blocksize);
  if (codes.end - codes.start !== Math.ceil(count / 2) || absmax.shape.reduce((a, b) => a * b, 1) !== blocks)
    return undefined;
  const isNested = nestedMap !== undefined || nestedAbsmax !== undefined;
  const nested = isNested ? nestedState(state, nestedMap, nestedAbsmax, blocks) : undefined;
  if (isNested ? !nested || absmax.dtype !== 'U8' : absmax.dtype !== 'F32') return undefined;

  async function scalesOf(from: number, to: number, signal?: AbortSignal): Promise<Float32Array> {
    const scales = await readElements(absmax!, from, to, signal);
    if (!nested) return scales;
    const [values, largest] = await Promise.all([
      readElements(nested.map, 0, 256, signal),
      readElements(nested.absmax, 0, nested.absmax.shape[0], signal),
    ]);
    return scales.map((q, i) => fround(values[q] * largest[Math.floor((from + i) / nested.blocksize)]) + nested.offset);
  }

  const width = state.shape.at(-1) ?? 1;
  const lines: TensorInfo['lines'] = async (from, to, out, signal) => {
    const [start, end] = [from * width, to * width];
    const firstBlock = Math.floor(start / state.blocksize);
    const [bytes, values, scales] = await Promise.all([
      codes.source.slice(codes.start + Math.floor(start / 2), codes.start + Math.ceil(end / 2), signal),
      readElements(map, 0, 16, signal),
      scalesOf(firstBlock, Math.ceil(end / state.blocksize), signal),
    ]);
    const firstByte = Math.floor(start / 2);
    for (let i = start, o = 0; i < end; i++, o++) {
      const byte = bytes[Math.floor(i / 2) - firstByte];
      out[o] = values[i % 2 === 0 ? byte >> 4 : byte & 15] * scales[Math.floor(i / state.blocksize) - firstBlock];
    }
  };
  const ends = ['.absmax', '.quant_map', '.nested_absmax', '.nested_quant_map'].map((end) => own + end);
  return {
    tensor: named({ ...codes, shape: state.shape, lines }, own, `bitsandbytes ${kind[1].toUpperCase()}`),
    parts: [own, name, ...present(storage, ...ends)],
  };
}

function nestedState(state: State, map: TensorInfo | undefined, absmax: TensorInfo | undefined, blocks: number) {
  const { nested_blocksize: blocksize, nested_offset: offset } = state;
  if (!map || !absmax || !blocksize || typeof offset !== 'number' || !sameShape(map, 256)) return undefined;
  return absmax.shape[0] === Math.ceil(blocks / blocksize)
    ? { map, absmax, blocksize, offset: fround(offset) }
    : undefined;
}

async function readState(info: TensorInfo): Promise<State | undefined> {
  if (info.dtype !== 'U8' || info.end - info.start > MAX_STATE_BYTES) return undefined;
  try {
    const state: State = JSON.parse(new TextDecoder().decode(await wholeBytes(info)));
    const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
    const nested = state.nested_blocksize;
    const isWhole = isSize(state.blocksize) && (nested === undefined || isSize(nested));
    return isWhole && Array.isArray(state.shape) && state.shape.every(isSize) ? state : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
