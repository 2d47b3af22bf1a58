import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { ELEMENT_TYPES } from '../../formats/elements.ts';
import { encode, isWrittenType, type WrittenType } from '../../formats/encode.ts';
import { readable } from '../../formats/read.ts';
import { safetensorsHeader, type TensorEntry } from '../../formats/safetensors/write.ts';
import { isStandIn, type TensorInfo } from '../../formats/tensor.ts';
import { encodeWide, type Numbers, readNumbers } from '../../formats/wide.ts';
import { headModules } from '../../model/architectures/index.ts';
import type { Model } from '../../model/types.ts';
import { quote } from '../../quote.ts';
import { changedRows } from './change.ts';
import { fitOf, type TensorChange } from './fit.ts';
import type { Adapter } from './open.ts';
import { grownConfig, mergedTensors, refuseUnfit } from './with-adapter.ts';

/** One file of a merged checkpoint. */
export interface MergedFile {
  readonly name: string;
  readonly bytes: number;
  chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

/** What an adapter and its base make together, as the files that hold it. */
export interface Merged {
  /** model.safetensors, or its shards. */
  readonly files: readonly MergedFile[];
  /** model.safetensors.index.json; undefined of one file. */
  readonly index: string | undefined;
  /** What of config.json has to be said anew. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: number;
  /** Tensors whose numbers the adapter changes. */
  readonly changed: number;
  readonly notes: readonly string[];
}

/** As `transformers` cuts a checkpoint: 5 GB. */
export const SHARD_BYTES = 5e9;
/** Numbers that are made at a time, and bytes that are copied. */
const PIECE = 1 << 22;

/**
 * The checkpoint that PEFT's `merge_and_unload` and `save_pretrained` would leave: every tensor of the base under its
 * name and in its type, what the adapter does not change to the byte, what it does as the fp64 sum, rounded to fp32 and
 * then to that type, or of F64 as it is. Shards hold at most `shardBytes`, or one tensor. Reads no weights before its
 * files are asked for.
 * Throws as {@link withAdapter} does, and `FORMAT_UNSUPPORTED` for a base whose weights are no plain floats.
 */
export function mergedCheckpoint(base: Model, adapter: Adapter, shardBytes = SHARD_BYTES): Merged {
  const fit = fitOf(base, adapter);
  refuseUnfit(fit, base, adapter);
  const made = mergedTensors(base, fit);
  const touched = new Map(fit.changes.map((change) => [change.tensor, change]));
  const tensors = [...made].map(([name, info]) => {
    const change = touched.get(name);
    return change ? changedTensor(name, info, change, adapter) : copiedTensor(name, info);
  });
  const grown = grownConfig(base, made, fit);
  const config = {
    ...(grown !== base.config && { vocab_size: grown.vocab_size }),
    ...(hasOwnHead(fit.changes, base) && { tie_word_embeddings: false }),
  };
  const shards = cut(tensors, shardBytes);
  const name = (i: number): string =>
    shards.length === 1 ? 'model.safetensors' : `model-${five(i + 1)}-of-${five(shards.length)}.safetensors`;
  return {
    files: shards.map((shard, i) => fileOf(name(i), shard)),
    index: shards.length === 1 ? undefined : indexOf(shards, name),
    config,
    tensors: tensors.length,
    changed: touched.size,
    notes: fit.notes,
  };
}

const five = (n: number): string => String(n).padStart(5, '0');

/** A head that the base ties to its embeddings and that is its own now. */
const hasOwnHead = (changes: ReturnType<typeof fitOf>['changes'], base: Model): boolean =>
  base.config.tie_word_embeddings !== false &&
  changes.some(({ tensor }) => !base.tensors.has(tensor) && isHeadOf(base, tensor));

const isHeadOf = (base: Model, tensor: string): boolean =>
  headModules(base.modelType).some((head) => `.${tensor}`.endsWith(`.${head}.weight`));

interface Piecewise extends TensorEntry {
  pieces(signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

const countOf = ({ shape }: TensorInfo): number => shape.reduce((product, size) => product * size, 1);

/** A tensor as its file has it, integers too: its bytes, unless they lie there in another order. */
function copiedTensor(name: string, info: TensorInfo): Piecewise {
  const { dtype, shape, start, end, source, lines, transposeOf, partOf } = info;
  if (isStandIn(info)) readable(info);
  if (transposeOf) return encodedTensor(name, info, plainType(name, dtype));
  if (lines || partOf !== undefined)
    throw new WeightscopeError('FORMAT_UNSUPPORTED', notPlain(name, `codes of type ${dtype}`));
  return {
    name,
    dtype,
    shape,
    bytes: end - start,
    async *pieces(signal) {
      for (let at = start; at < end; at += 4 * PIECE) {
        throwIfAborted(signal);
        yield await source.slice(at, Math.min(at + 4 * PIECE, end), signal);
      }
    },
  };
}

function changedTensor(name: string, info: TensorInfo, change: TensorChange, adapter: Adapter): Piecewise {
  const { base, replacement = base, changes } = change;
  if (base?.lines) throw new WeightscopeError('FORMAT_UNSUPPORTED', notPlain(name, `codes of type ${base.dtype}`));
  // A convolution of width 1 is read as a matrix, and written in the base's shape.
  const shape = base && countOf(base) === countOf(info) ? base.shape : info.shape;
  // What the adapter brings on its own takes the type of the base's weights.
  const dtype = base?.dtype ?? [...adapter.tensors.values()][0].dtype;
  const width = info.shape.at(-1) ?? 1;
  // What is read for readings is fp32; a file of F64 gets the fp64 sum itself.
  const read: ReadPiece | undefined =
    dtype === 'F64' && replacement
      ? (from, to, signal) => changedRows(replacement, changes, width, [from / width, to / width], signal)
      : undefined;
  return encodedTensor(name, info, plainType(name, dtype), { shape, read });
}

const notPlain = (name: string, found: string): string =>
  `Expected weights of type F32, F16, BF16 or F64 to merge an adapter into, found ${found} in ${quote(name)}; merge it into the checkpoint that this one was quantised from.`;

function plainType(name: string, dtype: string): WrittenType {
  if (isWrittenType(dtype)) return dtype;
  throw new WeightscopeError('FORMAT_UNSUPPORTED', notPlain(name, `numbers of type ${dtype}`));
}

interface EncodeHow {
  shape?: readonly number[];
  read?: ReadPiece;
}

/** Elements [from, to), whole rows of them. */
type ReadPiece = (from: number, to: number, signal?: AbortSignal) => Promise<Numbers>;

/** A tensor whose numbers are made, piece by piece, and rounded to the type. */
function encodedTensor(
  name: string,
  info: TensorInfo,
  dtype: WrittenType,
  { shape = info.shape, read = (from, to, signal) => readNumbers(info, from, to, signal) }: EncodeHow = {},
): Piecewise {
  const count = countOf(info);
  const width = info.shape.at(-1) ?? 1;
  const step = Math.max(1, Math.floor(PIECE / width)) * width;
  return {
    name,
    dtype,
    shape,
    bytes: count * ELEMENT_TYPES[dtype].bytes,
    async *pieces(signal) {
      for (let at = 0; at < count; at += step) {
        throwIfAborted(signal);
        const values = await read(at, Math.min(at + step, count), signal);
        if (dtype === 'F16') refuseBeyondHalf(name, values);
        yield dtype === 'F64' ? encodeWide(values) : encode(Float32Array.from(values), dtype);
      }
    },
  };
}

/** The largest fp32 that is rounded to a half and not to infinity lies below this. */
const BEYOND_HALF = 65520;

function refuseBeyondHalf(name: string, values: Numbers): void {
  const beyond = values.find((x) => Math.abs(x) >= BEYOND_HALF && Number.isFinite(x));
  if (beyond === undefined) return;
  throw new WeightscopeError(
    'NOT_FINITE',
    `Expected merged weights within the 65,504 that F16 holds, found ${beyond} in ${quote(name)}; merge into the base in BF16 or F32.`,
  );
}

/** In the base's order, a new shard where the next tensor would be too much. */
function cut(tensors: readonly Piecewise[], most: number): Piecewise[][] {
  const shards: Piecewise[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const last = shards[shards.length - 1];
    if (last.length > 0 && size + tensor.bytes > most) {
      shards.push([tensor]);
      size = tensor.bytes;
    } else {
      last.push(tensor);
      size += tensor.bytes;
    }
  }
  return shards;
}

function fileOf(name: string, tensors: readonly Piecewise[]): MergedFile {
  const header = safetensorsHeader(tensors, { format: 'pt' });
  return {
    name,
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, header.length),
    async *chunks(signal) {
      yield header;
      for (const tensor of tensors) yield* tensor.pieces(signal);
    },
  };
}

function indexOf(shards: readonly (readonly Piecewise[])[], name: (i: number) => string): string {
  const total = shards.flat().reduce((sum, { bytes }) => sum + bytes, 0);
  const places = shards.flatMap((shard, i) => shard.map((tensor) => [tensor.name, name(i)] as const));
  const map = Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ metadata: { total_size: total }, weight_map: map }, null, 2)}\n`;
}
