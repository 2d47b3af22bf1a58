import { WeightscopeError } from '../../errors.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { type Numbers, readNumbers, readWhole } from '../../formats/wide.ts';
import { quote } from '../../quote.ts';
import type { Change, ModuleChange } from './change.ts';
import { lowRankChange, type Once, once } from './low-rank.ts';
import { type Site, sizeOf } from './site.ts';

/**
 * LoRA (Hu et al. 2021): scale · B A is added, A [r, inputs], B [outputs, r]; with a magnitude it is DoRA.
 * `inputsFirst`: the weight is [inputs, outputs], as a conv1d's and an embedding's are.
 */
export function loraChange(site: Site, [first, second]: readonly [string, string], inputsFirst: boolean): ModuleChange {
  site.refuseGroups(site.own(first)!, site.own(second)!);
  const [a, b] = [site.matrix(first), site.matrix(second)];
  const [[rank, inputs], [outputs, inner]] = [a.shape, b.shape];
  if (rank !== inner || rank === 0) throw site.unfit([outputs, rank, inner, inputs].join(' x '));
  const shape = site.shape();
  // A config may speak of another layout than the module has, as PEFT corrects with a warning: the shape decides.
  const either = inputs === outputs;
  const transposed = either ? inputsFirst : shape[0] === inputs && shape[1] === outputs;
  const [rows, width] = transposed ? [inputs, outputs] : [outputs, inputs];
  if (rows !== shape[0] || width !== shape[1]) throw site.unfit(`${outputs} x ${inputs}`);
  const said = site.config.rankOf(site.name);
  const notes: string[] = [];
  if (said !== rank) notes.push(`${site.name}: the config says rank ${said}, the file has ${rank}, which is taken.`);
  const scale = site.config.scaleOf(site.name, rank);
  const magnitude = site.own('lora_magnitude_vector');
  if (magnitude && sizeOf(magnitude) !== outputs) throw site.unfit(`a magnitude of ${sizeOf(magnitude)}`);
  if (magnitude && !site.config.dora)
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`use_dora\` for ${quote(site.name)}, which has a lora_magnitude_vector; the config says that it is LoRA, of which PEFT would leave that out: correct it.`,
    );
  if (site.config.dora && !magnitude) throw site.absent('lora_magnitude_vector');
  const lowRank = once(async (signal) => {
    const [down, up] = await Promise.all([readWhole(a, signal), readWhole(b, signal)]);
    return transposed
      ? { left: transpose(down, rank, inputs), right: transpose(up, outputs, rank), rank }
      : { left: up, right: down, rank };
  });
  const facts = { rank, alpha: site.config.alphaOf(site.name), scale, lowRank };
  const add = lowRankChange(scale, lowRank, width);
  let weight: Change = { kind: 'LoRA', ...facts, apply: add };
  if (magnitude) {
    const m = once((signal) => readWhole({ ...magnitude, shape: [outputs] }, signal));
    weight = { kind: 'DoRA', ...facts, apply: doraChange(add, m, transposed, shape) };
  }
  const bias = site.own(`${second}.bias`);
  if (!bias) return { onWeight: [weight], onBias: [], notes };
  if (!site.target.bias)
    throw new WeightscopeError(
      'TENSOR_MISSING',
      `Expected a bias of ${quote(site.name)} in the base for the adapter's own (lora_bias), found none; merge it with PEFT.`,
    );
  const addBias: Change = {
    kind: 'bias',
    scale,
    apply: async (row, _from, _to, _tensor, signal) => {
      const more = await readWhole(bias, signal);
      for (let i = 0; i < row.length; i++) row[i] += scale * more[i];
    },
  };
  return { onWeight: [weight], onBias: [addBias], notes };
}

/**
 * DoRA (Liu et al. 2024): every output's weights get the length that was tuned for it. Where outputs run along the
 * rows, their lengths need the whole weight, which is read once for them.
 */
function doraChange(
  add: Change['apply'],
  magnitude: Once<Numbers>,
  transposed: boolean,
  [count, width]: readonly [number, number],
): Change['apply'] {
  let lengths: Promise<Float64Array> | undefined;
  const lengthsOf = async (tensor: TensorInfo, signal?: AbortSignal): Promise<Float64Array> => {
    const squares = new Float64Array(width);
    const step = Math.max(1, Math.floor((1 << 20) / width));
    for (let from = 0; from < count; from += step) {
      const to = Math.min(from + step, count);
      const rows = Float64Array.from(await readNumbers(tensor, from * width, to * width, signal));
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

function transpose(data: Numbers, rows: number, columns: number): Numbers {
  const out = data.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column];
  return out;
}
