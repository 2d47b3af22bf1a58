import type { TensorInfo } from '../../formats/tensor.ts';
import { type Numbers, readNumbers } from '../../formats/wide.ts';
import { asMatrix } from './modules.ts';

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
  /** [rows, r] and [r, width], row-major. */
  readonly left: Numbers;
  readonly right: Numbers;
  readonly rank: number;
}

/** The base's tensors of a module; `conv1d`: its weight is [in, out]. */
export interface Target {
  readonly weight: TensorInfo | undefined;
  readonly bias: TensorInfo | undefined;
  readonly conv1d: boolean;
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

/** A base's tensor with changes made as it is read: fp64 from the stored numbers on, rounded once to fp32. */
export function changed(base: TensorInfo, changes: readonly Change[]): TensorInfo {
  if (changes.length === 0) return base;
  const tensor = asMatrix(base) ?? base;
  const width = tensor.shape.at(-1) ?? 1;
  return {
    ...tensor,
    transposeOf: undefined,
    lines: async (from, to, out, signal) => {
      out.set(await changedRows(base, changes, width, [from, to], signal));
    },
  };
}

/** Rows [from, to) of `width` numbers of a base's tensor with changes made, in fp64. */
export async function changedRows(
  base: TensorInfo,
  changes: readonly Change[],
  width: number,
  [from, to]: readonly [number, number],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const rows = Float64Array.from(await readNumbers(base, from * width, to * width, signal));
  for (const change of changes) await change.apply(rows, from, to, base, signal);
  return rows;
}
