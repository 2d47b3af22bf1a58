import type { TensorInfo } from '../tensor.ts';
import type { Declaration } from './declared.ts';

/** What a scheme looks at: names, types and shapes, and what the config declares. */
export interface Storage {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly declared?: Declaration;
  /** For messages: the checkpoint. */
  readonly where: string;
}

/** A tensor of the model, made of codes and what belongs to them. */
export interface Decoded {
  /** Under the name that a plain checkpoint gives it. */
  readonly tensor: TensorInfo;
  /** Names of the tensors it is made of, the codes first; those that only activations use may be among them. */
  readonly parts: readonly string[];
}

/**
 * Knows the codes of one way of storing by their name and what lies beside them. Gives the tensor that they are, or
 * undefined where it is not this scheme's or not whole: then the codes are refused when they are wanted.
 */
export type Scheme = (name: string, storage: Storage) => Decoded | undefined | Promise<Decoded | undefined>;

/** `codes` decoded, under the model's name for it and with a type that people read in `info`. */
export function named(decoded: TensorInfo, name: string, dtype: string): TensorInfo {
  return { ...decoded, name, dtype };
}

/** Names among `names` that there are. */
export const present = ({ tensors }: Storage, ...names: string[]): string[] =>
  names.filter((name) => tensors.has(name));

export const sameShape = (a: TensorInfo, ...shape: number[]): boolean =>
  a.shape.length === shape.length && shape.every((size, i) => size === a.shape[i]);
