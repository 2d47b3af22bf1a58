import { quote } from '../../quote.ts';
import type { Refusal, TensorInfo } from '../tensor.ts';
import { type Declaration, nameOf } from './declared.ts';
import type { Decoded, Storage } from './scheme.ts';

/** Names that may hold scales. In a file that has one, no FP8 tensor without its own is taken as it stands. */
const SCALE = /scale|absmax|amax|(^|[._])(scb|s_inv|qzeros?|zeros?|zero_points?)$/i;

/** Scales of activations and of the cache of keys and values: no part of what a weight is. */
const OF_ACTIVATIONS =
  /(^|[._])(input|output|activation|act|k|v|q|kv|prob|k_cache|v_cache)_(global_)?(scale|zero_point)(_inv|_ub)?$/;

/** What stands beside a tensor whose numbers have to be multiplied with it, after the tensor's name. */
const BESIDE = ['_scale_inv', '_scale', '_scales', '_scale_2', '_global_scale', '_zero_point', '.absmax', '._scale'];
/** The same, after the module's name. */
const IN_MODULE = ['.SCB', '.scale_weight', '.weight_scale', '.pre_quant_scale', '.smooth_scale', '.scales', '.biases'];

const ENDINGS = [...BESIDE, ...IN_MODULE];

const isFp8 = ({ dtype }: TensorInfo): boolean => /^(F8_|F4|F6_)/.test(dtype);
/** A few numbers, or powers of two, of which no weight is made as they stand. */
const isOnlyCodes = ({ dtype }: TensorInfo): boolean => /^(F4|F6_|F8_E8M0)/.test(dtype);
const isInteger = ({ dtype }: TensorInfo): boolean => /^([IU]\d+|BOOL)$/.test(dtype);

/**
 * Why a tensor that no scheme decodes is not to be read, or undefined where its numbers are the model's as they stand.
 * `partOf` has what the schemes have found.
 */
export function refusalOf(
  { tensors, declared, where }: Storage,
  partOf: ReadonlyMap<string, string>,
): (info: TensorInfo) => Refusal | undefined {
  const scale = [...tensors.keys()].find((name) => SCALE.test(name) && !OF_ACTIVATIONS.test(name));
  const elsewhere = scale ? `the file has ${quote(scale)}` : declared && 'the config declares a quantisation';
  const owners = ownersOf(tensors.keys());
  const strangers = strangersOf(tensors);
  return (info) => {
    if (info.refusal) return info.refusal;
    const { name, dtype } = info;
    const module = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name;
    const own =
      owners.has(name) || owners.has(module)
        ? [...BESIDE.map((end) => name + end), ...IN_MODULE.map((end) => module + end)].find(
            (other) => other !== name && tensors.has(other) && !partOf.has(other),
          )
        : undefined;
    if (own !== undefined) return refuse(info, where, `${dtype} beside ${quote(own)}`, declared);
    if (isInteger(info)) return refuse(info, where, `integers (${dtype})`, declared);
    if (isOnlyCodes(info)) return refuse(info, where, `${dtype} without a scale of its own`, declared);
    if (isFp8(info) && elsewhere !== undefined)
      return refuse(info, where, `${dtype} without a scale of its own, though ${elsewhere}`, declared);
    // What nobody knows may well be a scale.
    const stranger = isFp8(info) ? strangers.get(module) : undefined;
    if (stranger !== undefined) return refuse(info, where, `${dtype} beside ${quote(stranger)}`, declared);
    return undefined;
  };
}

/** By module: a tensor in it that is neither its weight nor its bias, nor about activations. */
function strangersOf(tensors: ReadonlyMap<string, TensorInfo>): ReadonlyMap<string, string> {
  const strangers = new Map<string, string>();
  if (![...tensors.values()].some(isFp8)) return strangers;
  for (const name of tensors.keys())
    if (!/(\.weight|[._]bias)$/.test(name) && !OF_ACTIVATIONS.test(name)) strangers.set(parentOf(name), name);
  return strangers;
}

/** Tensors and modules beside which something stands that may be theirs: few or none, of names that may be many. */
function ownersOf(names: Iterable<string>): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const name of names) for (const end of ENDINGS) if (name.endsWith(end)) owners.add(name.slice(0, -end.length));
  return owners;
}

/** The refusal of a tensor of which something else was found than the numbers of the model. */
export function refuse({ name }: TensorInfo, where: string, found: string, declared?: Declaration): Refusal {
  const how = declared ? `by ${nameOf(declared.method)} in a form` : 'in a way';
  return {
    code: 'FORMAT_UNSUPPORTED',
    message: `Expected the numbers of the model in tensor ${quote(name)} of ${where}, found ${found}: quantised ${how} that is not read; take the model's unquantised checkpoint, or a GGUF file of it.`,
  };
}

/** What may change a weight's numbers when it stands in a module beside its codes: no scheme here asks for it. */
const CHANGES = /scale|zero|absmax|g_idx|perm|shift|codebook|rotation|hadamard|smooth|bitmask/i;

/** Those of `decoded` beside whose codes nothing lies that the scheme has not asked for. */
export function unspoiled(decoded: readonly Decoded[], { tensors }: Storage): Decoded[] {
  const modules = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (!CHANGES.test(name) || OF_ACTIVATIONS.test(name)) continue;
    // `x.weight.absmax`, `x.weight_scale` and `x.scales` are all of module x; `e.down_proj_scales` is of e.down_proj
    // too.
    for (const module of new Set([parentOf(name), parentOf(parentOf(name)), name.replace(/_[^.]*$/, '')]))
      modules.set(module, [...(modules.get(module) ?? []), name]);
  }
  return decoded.filter(({ tensor, parts }) => {
    const beside = [tensor.name, tensor.name.replace(/\.weight$/, '')].flatMap((module) => modules.get(module) ?? []);
    return beside.every((name) => parts.includes(name) || tensor.name === name);
  });
}

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** The decoded tensor whose module's activations a tensor scales, or undefined. */
export function ownerOfActivations(name: string, decoded: ReadonlySet<string>): string | undefined {
  const owner = `${parentOf(name)}.weight`;
  return OF_ACTIVATIONS.test(name) && decoded.has(owner) ? owner : undefined;
}
