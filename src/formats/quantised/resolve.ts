import { quote } from '../../quote.ts';
import { type Refusal, standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import { declaredStorage } from './declared.ts';

export interface Resolved {
  /** The file's tensors, those that are read with a scale under the name that a plain checkpoint would give them. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Names that a plain checkpoint would have, whose numbers are stored in a way that is not read. */
  readonly standIns: ReadonlyMap<string, TensorInfo>;
  /** What readings should say about it. */
  readonly notes: readonly string[];
}

/**
 * Makes sure that no stored number is taken for the model's without its scale. What is quantised in a way that is not
 * read gets a `refusal`, so that only what is wanted of a file has to be understood. Reads no weights.
 * Throws `FORMAT_UNSUPPORTED` where the config declares a method that is not read.
 */
export function resolveStorage(file: TensorFile, config: Readonly<Record<string, unknown>>, where: string): Resolved {
  const { tensors } = file;
  // In GGUF every type has its scales within.
  if (file.format === 'gguf') return { tensors, standIns: file.standIns ?? new Map(), notes: file.notes ?? [] };
  const declared = declaredStorage(config, [], where);
  const found = new Map<string, TensorInfo>();
  const standIns = new Map<string, TensorInfo>(file.standIns);
  let plainFp8 = 0;
  const scale = [...tensors.keys()].find((name) => SCALE.test(name));
  const elsewhere = scale ? `the file has ${quote(scale)}` : declared && 'the config declares a quantisation';
  for (const [name, info] of tensors) {
    const refusal = refusalOf(info, tensors, elsewhere, where);
    found.set(name, refusal === undefined ? info : { ...info, refusal });
    if (refusal === undefined) {
      if (isFp8(info)) plainFp8++;
    } else for (const wanted of meantBy(name)) if (!tensors.has(wanted)) standIns.set(wanted, standIn(wanted, refusal));
  }
  const notes = [...(file.notes ?? [])];
  if (plainFp8 > 0)
    notes.push(
      plainFp8 === 1
        ? '1 tensor is stored as FP8 without a scale: its numbers are read as they stand.'
        : `${plainFp8} tensors are stored as FP8 without a scale: their numbers are read as they stand.`,
    );
  return { tensors: found, standIns, notes };
}

const isFp8 = ({ dtype }: TensorInfo): boolean => /^(F8_|F4|F6_)/.test(dtype);
const isInteger = ({ dtype }: TensorInfo): boolean => /^([IU]\d+|BOOL)$/.test(dtype);

/** Names that may hold scales. In a file that has one, no FP8 tensor without its own is taken as it stands. */
const SCALE = /scale|absmax|amax|(^|[._])(scb|s_inv|qzeros?|zeros?|zero_points?)$/i;

/** What stands beside a tensor whose numbers have to be multiplied with it, after the tensor's name. */
const BESIDE = ['_scale_inv', '_scale', '_scales', '_scale_2', '_global_scale', '_zero_point', '.absmax', '._scale'];

function refusalOf(
  info: TensorInfo,
  tensors: ReadonlyMap<string, TensorInfo>,
  elsewhere: string | undefined,
  where: string,
): Refusal | undefined {
  if (info.refusal) return info.refusal;
  const { name, dtype } = info;
  const module = name.replace(/\.weight$/, '');
  const beside = [...BESIDE.map((end) => name + end), `${module}.SCB`, `${module}.scale_weight`];
  const own = beside.find((other) => tensors.has(other));
  if (own !== undefined) return refuse(`${quote(name)} of ${where}`, `${dtype} beside ${quote(own)}`);
  if (isInteger(info)) return refuse(`${quote(name)} of ${where}`, `integers (${dtype})`);
  if (isFp8(info) && elsewhere !== undefined)
    return refuse(`${quote(name)} of ${where}`, `${dtype} without a scale of its own, though ${elsewhere}`);
  return undefined;
}

const refuse = (what: string, found: string): Refusal => ({
  code: 'FORMAT_UNSUPPORTED',
  message: `Expected the numbers of the model in tensor ${what}, found ${found}: quantised in a way that is not read; take the model's unquantised checkpoint, or a GGUF file of it.`,
});

/** What `x.qweight`, `x.weight_packed`, `x.weight._data` or `x_blocks` would be called if it were not quantised. */
function meantBy(name: string): string[] {
  const module = name.replace(/\.[^.]*$/, '');
  const names = [`${module}.weight`, name.replace(/_[^._]+$/, '')];
  if (module.endsWith('.weight')) names.push(module);
  return names;
}

/** All names that a family may ask for; what is not read answers with its reason. */
export function withStandIns({ tensors, standIns }: Resolved): ReadonlyMap<string, TensorInfo> {
  return standIns.size === 0 ? tensors : new Map([...standIns, ...tensors]);
}
