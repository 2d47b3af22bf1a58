import { WeightscopeError } from '../../errors.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { quote } from '../../quote.ts';

/** What an adapter's file holds for one module of its base. */
export interface AdapterModule {
  /** The module's name in the base: `model.layers.3.self_attn.q_proj`. */
  readonly name: string;
  /** By what they are: `lora_A`, `lora_B.bias`, `hada_w1_a`, `weight` (tuned as a whole), `bias` … */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Its `weight` and `bias` are the base's own, as PEFT wraps and saves them; else the adapter tuned them whole. */
  readonly wrapped: boolean;
}

/** What PEFT puts before the names of the base's modules. */
const PREFIX = /^(?:base_model\.model\.|base_model\.)+/;

/** Endings that name a matrix of an adapter, with the adapter's own name (`default`) where the file has it. */
const FACTORS =
  /^(?<module>.+?)\.(?:token_adapter\.)?(?<part>lora_[AB]|lora_embedding_[AB]|lora_magnitude_vector|ia3_l|hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2)|trainable_tokens_delta)(?:\.(?<adapter>(?!weight$|bias$)\w+))?(?:\.(?<end>weight|bias))?$/;

/** A tensor that takes the place of the base's, or what the base itself held. */
const WHOLE =
  /^(?<module>.+?)(?:\.token_adapter)?(?:\.base_layer|\.modules_to_save(?:\.(?<adapter>(?!weight$|bias$)\w+))?)?\.(?<end>weight|bias)$/;

/**
 * Groups an adapter's tensors by the module of the base that they change. Throws `FORMAT_UNSUPPORTED` naming the first
 * tensor that is of no kind known, so that nothing is left out in silence.
 */
export function modulesOf(tensors: ReadonlyMap<string, TensorInfo>, where: string): AdapterModule[] {
  const found = new Map<string, Map<string, TensorInfo>>();
  const adapters = new Set<string>();
  const wrapped = new Set<string>();
  for (const [name, info] of tensors) {
    const own = name.replace(PREFIX, '');
    if (/\.original_module\./.test(own)) continue;
    const groups = (FACTORS.exec(own) ?? WHOLE.exec(own))?.groups;
    if (!groups || (!groups.part && /(^|\.)(lora|ia3|hada|lokr|vera|oft|boft|glora)_\w/.test(own))) throw unknown(name);
    if (/^([IU]\d+|BOOL)$/.test(info.dtype)) throw codes(name, info.dtype);
    if (groups.adapter) adapters.add(groups.adapter);
    if (/\.base_layer\.(weight|bias)$/.test(own)) wrapped.add(groups.module);
    const part = groups.part ? groups.part + (groups.end === 'bias' ? '.bias' : '') : groups.end;
    const module = found.get(groups.module) ?? new Map<string, TensorInfo>();
    if (module.has(part))
      throw new WeightscopeError(
        'FORMAT_INVALID',
        `Expected one ${part} of ${groups.module} in ${where}, found several; save each adapter by itself.`,
      );
    module.set(part, info);
    found.set(groups.module, module);
  }
  if (adapters.size > 1)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected one adapter in ${where}, found ${adapters.size} (${[...adapters].slice(0, 6).map(quote).join(', ')}); save each by itself.`,
    );
  if (found.size === 0)
    throw new WeightscopeError('FORMAT_INVALID', `Expected an adapter's matrices in ${where}, found no tensor.`);
  return [...found].map(([name, parts]) => ({ name, tensors: parts, wrapped: wrapped.has(name) }));

  function codes(name: string, dtype: string): WeightscopeError {
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected numbers in ${quote(name)} of ${where}, found integers (${dtype}), which are as a rule codes; take the adapter as it was trained.`,
    );
  }

  function unknown(name: string): WeightscopeError {
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected only tensors of LoRA, DoRA, IA3, LoHa, LoKr, tuned tokens and whole modules in ${where}, found ${quote(name)}; merge the adapter into its base with PEFT and name the result.`,
    );
  }
}

/** A module's tensors that are convolutions of width 1 or matrices, as matrices; undefined for wider convolutions. */
export function asMatrix(info: TensorInfo): TensorInfo | undefined {
  if (info.shape.length === 2) return info;
  return info.shape.length > 2 && info.shape.slice(2).every((size) => size === 1)
    ? { ...info, shape: info.shape.slice(0, 2) }
    : undefined;
}
