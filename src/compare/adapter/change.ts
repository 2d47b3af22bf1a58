import { WeightscopeError } from '../../errors.ts';
import { readElements, readTensor } from '../../formats/read.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { quote } from '../../quote.ts';
import type { AdapterConfig } from './config.ts';
import { type AdapterModule, asMatrix } from './modules.ts';

/** What an adapter does to one tensor of its base. */
export interface Change {
  readonly kind: 'LoRA' | 'DoRA' | 'IA3' | 'LoHa' | 'LoKr' | 'rows' | 'bias';
  readonly rank?: number;
  readonly alpha?: number;
  /** What the product of its matrices is multiplied by. */
  readonly scale?: number;
  /** The product that is added, scale left out: [rows, r] times [r, width] of the tensor as the file has it. */
  readonly lowRank?: (signal?: AbortSignal) => Promise<LowRank>;
  /** Rows that are replaced. */
  readonly rows?: readonly number[];
  /** Changes rows [from, to) of `tensor`, given as fp64 with all earlier changes made, in place. */
  apply(rows: Float64Array, from: number, to: number, tensor: TensorInfo, signal?: AbortSignal): Promise<void>;
}

export interface LowRank {
  /** [rows, r] and [r, width], row-major fp32. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly rank: number;
}

/** What a module of an adapter makes of its base's weight and bias. */
export interface ModuleChange {
  /** Takes the place of the base's weight (bias) before anything else. */
  readonly weight?: TensorInfo;
  readonly bias?: TensorInfo;
  readonly onWeight: readonly Change[];
  readonly onBias: readonly Change[];
  readonly notes: readonly string[];
}

/** The base's tensors of a module; `conv1d`: its weight is [in, out]. */
export interface Target {
  readonly weight: TensorInfo | undefined;
  readonly bias: TensorInfo | undefined;
  readonly conv1d: boolean;
}

/**
 * The changes of one module, in the order in which PEFT makes them. Reads nothing. Throws `TENSOR_SHAPE` where the
 * matrices do not fit the base's weight, `TENSOR_MISSING` where one of them is not there.
 */
export function changesOf(module: AdapterModule, config: AdapterConfig, target: Target): ModuleChange {
  const { name, tensors } = module;
  const own = (part: string): TensorInfo | undefined => tensors.get(part);
  const weight = own('weight');
  const base = weight ?? target.weight;
  const notes: string[] = [];
  const onWeight: Change[] = [];
  const onBias: Change[] = [];

  const [a, b] = pair('lora_A', 'lora_B');
  if (a && b) addLora(a, b, target.conv1d);
  const [ea, eb] = pair('lora_embedding_A', 'lora_embedding_B');
  // An embedding's weight is [inputs, outputs].
  if (ea && eb) addLora(ea, eb, true);
  if (own('lora_magnitude_vector') && !(a ?? ea)) throw absent('lora_A');
  const vector = own('ia3_l');
  if (vector) addIa3(vector);
  if ([...tensors.keys()].some((part) => part.startsWith('hada_'))) addProduct('LoHa', loHa());
  if ([...tensors.keys()].some((part) => part.startsWith('lokr_'))) addProduct('LoKr', loKr());
  const rows = own('trainable_tokens_delta');
  if (rows) addRows(rows);
  return { weight, bias: own('bias'), onWeight, onBias, notes };

  function pair(first: string, second: string): [TensorInfo | undefined, TensorInfo | undefined] {
    const [one, other] = [own(first), own(second)];
    if (one && !other) throw absent(second);
    if (other && !one) throw absent(first);
    return [one, other];
  }

  function matrix(part: string): TensorInfo {
    const info = own(part);
    if (!info) throw absent(part);
    const flat = asMatrix(info);
    if (flat) return flat;
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected matrices for ${quote(name)} in the adapter, found ${part} of shape [${info.shape.join(', ')}]: a convolution, which no parameter is made of.`,
    );
  }

  function shapeOf(): readonly [number, number] {
    const shape = base && asMatrix(base)?.shape;
    if (shape) return [shape[0], shape[1]];
    throw new WeightscopeError(
      'TENSOR_MISSING',
      `Expected a weight of ${quote(name)} in the base, found none; the adapter was made for another model.`,
    );
  }

  function addLora(first: TensorInfo, second: TensorInfo, inputsFirst: boolean): void {
    const [a, b] = [matrix(partOf(first)), matrix(partOf(second))];
    const [[rank, inputs], [outputs, inner]] = [a.shape, b.shape];
    if (rank !== inner || rank === 0) throw unfit([outputs, rank, inner, inputs].join(' x '));
    const shape = shapeOf();
    // A config may speak of another layout than the module has, as PEFT corrects with a warning: the shape decides.
    const either = inputs === outputs;
    const transposed = either ? inputsFirst : shape[0] === inputs && shape[1] === outputs;
    const [rows, width] = transposed ? [inputs, outputs] : [outputs, inputs];
    if (rows !== shape[0] || width !== shape[1]) throw unfit(`${outputs} x ${inputs}`);
    const said = config.rankOf(name);
    if (said !== rank) notes.push(`${name}: the config says rank ${said}, the file has ${rank}, which is taken.`);
    const scale = config.scaleOf(name, rank);
    const magnitude = own('lora_magnitude_vector');
    if (magnitude && product(magnitude.shape) !== outputs) throw unfit(`a magnitude of ${product(magnitude.shape)}`);
    if (config.dora && !magnitude) throw absent('lora_magnitude_vector');
    const lowRank = once(async (signal) => {
      const [down, up] = await Promise.all([readTensor(a, { signal }), readTensor(b, { signal })]);
      return transposed
        ? { left: transpose(down, rank, inputs), right: transpose(up, outputs, rank), rank }
        : { left: up, right: down, rank };
    });
    const facts = { rank, alpha: config.alphaOf(name), scale, lowRank };
    const add = lowRankChange(scale, lowRank, width);
    onWeight.push({ kind: 'LoRA', ...facts, apply: add });
    if (magnitude) {
      const m = once((signal) => readTensor({ ...magnitude, shape: [outputs] }, { signal }));
      onWeight[onWeight.length - 1] = { kind: 'DoRA', ...facts, apply: doraChange(add, m, transposed, shape) };
    }
    const bias = own(`${partOf(second)}.bias`);
    if (!bias) return;
    if (!target.bias)
      throw new WeightscopeError(
        'TENSOR_MISSING',
        `Expected a bias of ${quote(name)} in the base for the adapter's own (lora_bias), found none; merge it with PEFT.`,
      );
    onBias.push({
      kind: 'bias',
      scale,
      apply: async (row, _from, _to, _tensor, signal) => {
        const more = await readTensor(bias, { signal });
        for (let i = 0; i < row.length; i++) row[i] += scale * more[i];
      },
    });
  }

  function addIa3(info: TensorInfo): void {
    const feedForward = config.feedForward(name);
    const [rows, width] = shapeOf();
    const size = product(info.shape);
    // The vector scales inputs or outputs; a weight has its inputs along its rows, a conv1d's down its columns.
    const alongRows = feedForward !== target.conv1d;
    if (size !== (alongRows ? width : rows)) throw unfit(`a vector of ${size}`);
    const l = once((signal) => readTensor({ ...info, shape: [size] }, { signal }));
    onWeight.push({
      kind: 'IA3',
      apply: async (data, from, _to, _tensor, signal) => {
        const by = await l(signal);
        for (let at = 0; at < data.length; at++)
          data[at] *= alongRows ? by[at % width] : by[from + Math.floor(at / width)];
      },
    });
    if (feedForward || !target.bias) return;
    onBias.push({
      kind: 'IA3',
      apply: async (row, _from, _to, _tensor, signal) => {
        const by = await l(signal);
        for (let i = 0; i < row.length; i++) row[i] *= by[i];
      },
    });
  }

  function addProduct(kind: 'LoHa' | 'LoKr', made: Made): void {
    const [rows, width] = shapeOf();
    // PEFT reshapes what it makes to the weight's shape; another number of entries cannot be.
    if (made.rows * made.width !== rows * width || made.rows !== rows) throw unfit(`${made.rows} x ${made.width}`);
    const { rank } = made;
    const scale = config.scaleOf(name, rank);
    onWeight.push({
      kind,
      rank,
      alpha: config.alphaOf(name),
      scale,
      apply: async (data, from, to, _tensor, signal) => {
        const row = await made.row(signal);
        for (let i = from; i < to; i++) row(i, data.subarray((i - from) * width, (i - from + 1) * width), scale);
      },
    });
  }

  /** (w1_a w1_b) ⊙ (w2_a w2_b) (LoHa, `make_weight`). */
  function loHa(): Made {
    if (own('hada_t1') ?? own('hada_t2')) matrix('hada_t1');
    const parts = ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'].map(matrix);
    const [[rows, rank], [inner, width]] = [parts[0].shape, parts[1].shape];
    if (rank !== inner || String(parts[2].shape) !== String(parts[0].shape) || rank === 0)
      throw unfit(parts.map(({ shape }) => shape.join(' x ')).join(', '));
    const read = once((signal) => Promise.all(parts.map((part) => readTensor(part, { signal }))));
    const row = async (signal?: AbortSignal): Promise<AddRow> => {
      const [a1, b1, a2, b2] = await read(signal);
      return (i, out, scale) => {
        for (let j = 0; j < width; j++) {
          let [first, second] = [0, 0];
          for (let r = 0; r < rank; r++) {
            first += a1[i * rank + r] * b1[r * width + j];
            second += a2[i * rank + r] * b2[r * width + j];
          }
          out[j] += scale * first * second;
        }
      };
    };
    return { rows, width, rank, row };
  }

  /** The Kronecker product of two matrices, each of which may be a product (LoKr, `make_kron`). */
  function loKr(): Made {
    if (own('lokr_t2')) matrix('lokr_t2');
    const one = factor('lokr_w1');
    const two = factor('lokr_w2');
    // PEFT takes the config's rank where both are whole.
    const rank = one.rank ?? two.rank ?? config.rankOf(name);
    const [rows, width] = [one.rows * two.rows, one.width * two.width];
    const read = once((signal) => Promise.all([one.read(signal), two.read(signal)]));
    const row = async (signal?: AbortSignal): Promise<AddRow> => {
      const [w1, w2] = await read(signal);
      return (i, out, scale) => {
        const [top, below] = [Math.floor(i / two.rows), i % two.rows];
        for (let j = 0; j < width; j++)
          out[j] += scale * w1[top * one.width + Math.floor(j / two.width)] * w2[below * two.width + (j % two.width)];
      };
    };
    return { rows, width, rank, row };
  }

  function factor(part: string) {
    if (own(part)) {
      const whole = matrix(part);
      const [rows, width] = whole.shape;
      return { rows, width, rank: undefined, read: async (signal?: AbortSignal) => readTensor(whole, { signal }) };
    }
    const [a, b] = [matrix(`${part}_a`), matrix(`${part}_b`)];
    const [[rows, rank], [inner, width]] = [a.shape, b.shape];
    if (rank !== inner || rank === 0) throw unfit(`${rows} x ${rank}, ${inner} x ${width}`);
    const read = async (signal?: AbortSignal): Promise<ArrayLike<number>> => {
      const [left, right] = await Promise.all([readTensor(a, { signal }), readTensor(b, { signal })]);
      const out = new Float64Array(rows * width);
      addLowRank(out, 0, rows, 1, { left, right, rank }, width);
      return out;
    };
    return { rows, width, rank, read };
  }

  function addRows(info: TensorInfo): void {
    const ids = config.tokensOf(name);
    const [rows, width] = shapeOf();
    if (!ids || ids.length !== info.shape[0] || info.shape[1] !== width)
      throw unfit(`${info.shape.join(' x ')} for ${ids?.length ?? 'unknown'} tokens`);
    const beyond = ids.find((id) => id >= rows);
    if (beyond !== undefined) throw unfit(`a row for token ${beyond}`);
    const at = new Map(ids.map((id, i) => [id, i]));
    const read = once((signal) => readTensor(info, { signal }));
    onWeight.push({
      kind: 'rows',
      rows: ids,
      apply: async (data, from, to, _tensor, signal) => {
        const tuned = await read(signal);
        for (let i = from; i < to; i++) {
          const found = at.get(i);
          if (found !== undefined) data.set(tuned.subarray(found * width, (found + 1) * width), (i - from) * width);
        }
      },
    });
  }

  function partOf(info: TensorInfo): string {
    for (const [part, one] of tensors) if (one === info) return part;
    return info.name;
  }

  function absent(part: string): WeightscopeError {
    return new WeightscopeError(
      'TENSOR_MISSING',
      `Expected ${part} of ${quote(name)} in the adapter, found only ${[...tensors.keys()].join(', ')}; its file is not whole.`,
    );
  }

  function unfit(found: string): WeightscopeError {
    const shape = base ? `[${base.shape.join(', ')}]` : 'none';
    return new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected the adapter's matrices for ${quote(name)} to fit the base's weight ${shape}, found ${found}; the adapter was made for another model.`,
    );
  }
}

type AddRow = (row: number, out: Float64Array, scale: number) => void;

/** A matrix that is made row by row. */
interface Made {
  readonly rows: number;
  readonly width: number;
  readonly rank: number;
  row(signal?: AbortSignal): Promise<AddRow>;
}

type Once<T> = (signal?: AbortSignal) => Promise<T>;

/** What is read at first use and kept; a reading that failed is made again. */
function once<T>(read: Once<T>): Once<T> {
  let made: Promise<T> | undefined;
  return (signal) => {
    made ??= read(signal).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

function lowRankChange(scale: number, lowRank: Once<LowRank>, width: number): Change['apply'] {
  return async (rows, from, to, _tensor, signal) => addLowRank(rows, from, to, scale, await lowRank(signal), width);
}

function addLowRank(
  out: Float64Array,
  from: number,
  to: number,
  scale: number,
  { left, right, rank }: LowRank,
  width: number,
): void {
  for (let i = from, at = 0; i < to; i++, at += width)
    for (let r = 0; r < rank; r++) {
      const by = scale * left[i * rank + r];
      if (by === 0) continue;
      for (let j = 0, of = r * width; j < width; j++, of++) out[at + j] += by * right[of];
    }
}

/**
 * DoRA (Liu et al. 2024): every output's weights get the length that was tuned for it. Where outputs run along the rows,
 * their lengths need the whole weight, which is read once for them.
 */
function doraChange(
  add: Change['apply'],
  magnitude: Once<Float32Array>,
  transposed: boolean,
  [count, width]: readonly [number, number],
): Change['apply'] {
  let lengths: Promise<Float64Array> | undefined;
  const lengthsOf = async (tensor: TensorInfo, signal?: AbortSignal): Promise<Float64Array> => {
    const squares = new Float64Array(width);
    const step = Math.max(1, Math.floor((1 << 20) / width));
    for (let from = 0; from < count; from += step) {
      const to = Math.min(from + step, count);
      const rows = Float64Array.from(await readElements(tensor, from * width, to * width, signal));
      await add(rows, from, to, tensor, signal);
      for (let at = 0; at < rows.length; at++) squares[at % width] += rows[at] * rows[at];
    }
    return squares.map(Math.sqrt);
  };
  return async (rows, from, to, tensor, signal) => {
    const m = await magnitude(signal);
    await add(rows, from, to, tensor, signal);
    if (transposed) {
      lengths ??= lengthsOf(tensor, signal).catch((error: unknown) => {
        lengths = undefined;
        throw error;
      });
      const all = await lengths;
      for (let at = 0; at < rows.length; at++) rows[at] *= m[at % width] / all[at % width];
      return;
    }
    for (let i = from; i < to; i++) {
      const row = rows.subarray((i - from) * width, (i - from + 1) * width);
      let squares = 0;
      for (const x of row) squares += x * x;
      const by = m[i] / Math.sqrt(squares);
      for (let j = 0; j < width; j++) row[j] *= by;
    }
  };
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column];
  return out;
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A base's tensor with changes made as it is read: fp64 from the stored numbers on, rounded once to fp32. */
export function changed(base: TensorInfo, changes: readonly Change[]): TensorInfo {
  if (changes.length === 0) return base;
  const tensor = asMatrix(base) ?? base;
  const width = tensor.shape.at(-1) ?? 1;
  return {
    ...tensor,
    transposeOf: undefined,
    lines: async (from, to, out, signal) => {
      const rows = Float64Array.from(await readElements(base, from * width, to * width, signal));
      for (const change of changes) await change.apply(rows, from, to, base, signal);
      out.set(rows);
    },
  };
}
