import { WeightscopeError } from '../../errors.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { quote } from '../../quote.ts';
import type { Target } from './change.ts';
import type { AdapterConfig } from './config.ts';
import { type AdapterModule, asMatrix } from './modules.ts';

/** One module of an adapter beside what it changes, with the sentences for what does not fit. */
export class Site {
  readonly name: string;
  readonly config: AdapterConfig;
  readonly target: Target;
  /** Its weight: the adapter's own (`modules_to_save`) before the base's. */
  readonly weight: TensorInfo | undefined;
  readonly #tensors: AdapterModule['tensors'];

  constructor({ name, tensors }: AdapterModule, config: AdapterConfig, target: Target) {
    this.name = name;
    this.config = config;
    this.target = target;
    this.#tensors = tensors;
    this.weight = tensors.get('weight') ?? target.weight;
  }

  own(part: string): TensorInfo | undefined {
    return this.#tensors.get(part);
  }

  has(prefix: string): boolean {
    return [...this.#tensors.keys()].some((part) => part.startsWith(prefix));
  }

  /** Two tensors of the adapter, of which none stands without the other. */
  pair(first: string, second: string): [string, string] | undefined {
    const [one, other] = [this.own(first), this.own(second)];
    if (one && !other) throw this.absent(second);
    if (other && !one) throw this.absent(first);
    return one && [first, second];
  }

  matrix(part: string): TensorInfo {
    const info = this.own(part);
    if (!info) throw this.absent(part);
    const flat = asMatrix(info);
    if (flat) return flat;
    throw this.convolution(part, info);
  }

  convolution(part: string, info: TensorInfo): WeightscopeError {
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected matrices for ${quote(this.name)} in the adapter, found ${part} of shape [${info.shape.join(', ')}]: a convolution wider than one place, which no parameter is made of; merge it into its base with PEFT and name the result.`,
    );
  }

  /**
   * Refuses LoRA on a convolution in groups: A reads every input, while each output's weights are of its own group's
   * alone, so that there is no weight to add the product to.
   */
  refuseGroups(down: TensorInfo, up: TensorInfo): void {
    const { shape = [] } = this.weight ?? {};
    const [outputs, own] = shape;
    const groups = down.shape[1] / own;
    const isGrouped = shape.length > 2 && groups > 1 && up.shape[0] === outputs;
    if (!isGrouped || up.shape[1] * groups !== down.shape[0]) return;
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected LoRA on a weight that takes all inputs of ${quote(this.name)}, found a convolution in ${groups} groups, each output of which takes ${own} of ${down.shape[1]} inputs while the adapter adds to it from all of them: no weight of the base has room for that, and PEFT does not merge it either; train the adapter without this module.`,
    );
  }

  /** Rows and width of the weight as the file has it. */
  shape(): readonly [number, number] {
    const shape = this.weight && asMatrix(this.weight)?.shape;
    if (shape) return [shape[0], shape[1]];
    throw new WeightscopeError(
      'TENSOR_MISSING',
      `Expected a weight of ${quote(this.name)} in the base, found none; the adapter was made for another model.`,
    );
  }

  /** PEFT saves the weight of a module that it has matrices for as `base_layer`, and would leave this one out. */
  twofold(): WeightscopeError {
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected either matrices or a weight of ${quote(this.name)} in the adapter, found both: PEFT takes the matrices and leaves the weight out; save the adapter with PEFT.`,
    );
  }

  absent(part: string): WeightscopeError {
    return new WeightscopeError(
      'TENSOR_MISSING',
      `Expected ${part} of ${quote(this.name)} in the adapter, found only ${[...this.#tensors.keys()].join(', ')}; its file is not whole.`,
    );
  }

  unfit(found: string): WeightscopeError {
    const shape = this.weight ? `[${this.weight.shape.join(', ')}]` : 'none';
    return new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected the adapter's matrices for ${quote(this.name)} to fit the base's weight ${shape}, found ${found}; the adapter was made for another model.`,
    );
  }
}

/** How many numbers a tensor of this shape has. */
export const sizeOf = ({ shape }: TensorInfo): number => shape.reduce((a, b) => a * b, 1);
