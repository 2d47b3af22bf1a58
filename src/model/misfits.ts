import { WeightscopeError } from '../errors.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import { quote } from '../quote.ts';
import type { Candidates, Config, Sizes, Stack } from './architecture.ts';
import { modules, type TensorNames } from './names.ts';
import { originOf, type Size } from './sizes.ts';

export const withExpert = (name: string, expert = 0): string => name.replace('{e}', String(expert));

export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Errors for tensors that are not there, or not of the shape that the config says. */
export function misfits(names: TensorNames, family: string, where: string) {
  return { missing, shape, expectShape };

  function missing(candidates: Candidates, at: string, name: string, expert?: number): WeightscopeError {
    const wanted = modules(candidates).map((module) => `${names.prefix}${at}${withExpert(module.name, expert)}.weight`);
    const near = names.nearest(wanted[0] ?? '');
    const there = near === undefined ? '' : `, such as ${quote(near)}`;
    return new WeightscopeError(
      'TENSOR_MISSING',
      `Expected tensor ${wanted.join(' or ')} for ${name} in ${where}, found no such name among its ${names.size} tensors${there}; the checkpoint is not whole, or not of family ${family}.`,
    );
  }

  /** `by`: what of the config says how long an axis is. */
  function expectShape(tensor: TensorInfo, expected: readonly number[], by?: (axis: number) => string[]): void {
    const { shape: found } = tensor;
    const odd = expected.flatMap((size, axis) =>
      found.length === expected.length && found[axis] === size ? [] : axis,
    );
    if (odd.length > 0 || found.length !== expected.length) throw shape(tensor, expected, by ? odd.flatMap(by) : []);
  }

  function shape(tensor: TensorInfo, expected: readonly number[], by: readonly string[] = []): WeightscopeError {
    const which = by.length > 0 ? ` (${by.join(', ')})` : '';
    return new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected tensor ${tensor.name} of ${where} to be [${expected.join(', ')}] by its config${which}, found [${tensor.shape.join(', ')}]; config and weights do not belong together.`,
    );
  }
}

/** What the config says of the number of a matrix's vectors (`outputs`) or of their width. */
export function saidOf(
  { stack, config }: { readonly stack: Stack; readonly config: Config },
  own: string,
  sizes: Sizes,
  ofSeveral: boolean,
  outputs: boolean,
): string[] {
  const names: Size[] = outputs ? sizesNamed(own, ofSeveral) : ['hidden'];
  return names.map((size) => originOf(config, stack, size, sizes[size]));
}

/** Which sizes give the number of a matrix's vectors, of a part of several (q, k and v in one) those of all. */
function sizesNamed(own: string, ofSeveral: boolean): Size[] {
  if (!/^(attn|cross)\./.test(own)) return own === 'ff.router' ? ['experts'] : ['neurons'];
  if (ofSeveral) return ['heads', 'kvHeads', 'headDim'];
  return [/\.[kv]$/.test(own) ? 'kvHeads' : 'heads', 'headDim'];
}
