import type { SourceFolder } from '../../source/source.ts';
import { type Refusal, standIn, type TensorFile, type TensorInfo } from '../tensor.ts';
import { awq } from './awq.ts';
import { bnb4Bit, bnbInt8 } from './bitsandbytes.ts';
import { declaredBeside, declaredStorage } from './declared.ts';
import { eightBits } from './fp8.ts';
import { gptq } from './gptq.ts';
import { hqq } from './hqq.ts';
import { mlx } from './mlx.ts';
import { mxfp4 } from './mxfp4.ts';
import { nvfp4 } from './nvfp4.ts';
import { packQuantized } from './pack-quantized.ts';
import { ownerOfActivations, refusalOf, refuse, unspoiled } from './refusal.ts';
import type { Decoded, Scheme, Storage } from './scheme.ts';

export interface Resolved {
  /** The file's tensors, those that are read with a scale under the name that a plain checkpoint would give them. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Names that a plain checkpoint would have, whose numbers are stored in a way that is not read. */
  readonly standIns: ReadonlyMap<string, TensorInfo>;
  /** What readings should say about it. */
  readonly notes: readonly string[];
}

const SCHEMES: readonly Scheme[] = [gptq, awq, packQuantized, mlx, bnb4Bit, bnbInt8, nvfp4, mxfp4, hqq, eightBits];

/**
 * Makes sure that no stored number is taken for the model's without its scale: codes become the tensors that they are,
 * under the names of a plain checkpoint, decoded when they are read. What is quantised in a way that is not read gets a
 * `refusal`, so that only what is wanted of a file has to be understood. Reads no weights.
 * Throws `FORMAT_UNSUPPORTED` where the config declares a method that is not read.
 */
export async function resolveStorage(
  file: TensorFile,
  config: Readonly<Record<string, unknown>>,
  where: string,
  folder?: SourceFolder,
): Promise<Resolved> {
  const { tensors } = file;
  if (file.format === 'gguf') return resolveGguf(file, where);
  const hasNames = (end: string): boolean => [...tensors.keys()].some((name) => name.endsWith(end));
  const mayBeBeside = hasNames('.qweight') || hasNames('.weight_scale');
  const declared = declaredStorage(config, where) ?? (folder && mayBeBeside ? await declaredBeside(folder) : undefined);
  const storage: Storage = { tensors, declared, where };
  const decoded = unspoiled(await decodeAll(storage), storage);
  const names = new Set(decoded.map(({ tensor }) => tensor.name));
  const found = new Map<string, TensorInfo>();
  const standIns = new Map<string, TensorInfo>(file.standIns);
  const partOf = new Map(decoded.flatMap(({ tensor, parts }) => parts.map((part) => [part, tensor.name])));
  const replaced = new Map(decoded.map(({ tensor, parts }) => [parts[0], tensor]));
  const refusal = refusalOf(storage, partOf);
  let plainFp8 = 0;
  for (const [name, info] of tensors) {
    const tensor = replaced.get(name);
    const owner = partOf.get(name) ?? ownerOfActivations(name, names);
    const reason = tensor ? undefined : owner === undefined ? refusal(info) : info.refusal;
    if (tensor) found.set(tensor.name, tensor);
    else if (owner !== undefined) found.set(name, { ...info, partOf: owner });
    else found.set(name, reason ? { ...info, refusal: reason } : info);
    if (reason) standInFor(name, reason);
    else if (!tensor && owner === undefined && /^(F8_|F4)/.test(info.dtype)) plainFp8++;
  }
  return { tensors: found, standIns, notes: [...(file.notes ?? []), ...notesOn(decoded, plainFp8)] };

  function standInFor(name: string, reason: Refusal): void {
    if (BUFFERS.test(name)) return;
    for (const wanted of meantBy(name))
      if (!tensors.has(wanted) && !found.has(wanted)) standIns.set(wanted, standIn(wanted, reason));
  }
}

/** In GGUF every type has its scales within, but for models whose weights have one more beside them (BitNet's). */
function resolveGguf({ tensors, standIns = new Map(), notes = [] }: TensorFile, where: string): Resolved {
  const isScaled = (name: string) => name.endsWith('.weight') && tensors.has(name.replace(/weight$/, 'scale'));
  if (![...tensors.keys()].some(isScaled)) return { tensors, standIns, notes };
  const refused = new Map(tensors);
  for (const [name, info] of tensors)
    if (isScaled(name)) refused.set(name, { ...info, refusal: refuse(info, where, `${info.dtype} beside a scale`) });
  return { tensors: refused, standIns, notes };
}

/** All names that a family may ask for; what is not read answers with its reason. */
export function withStandIns({ tensors, standIns }: Resolved): ReadonlyMap<string, TensorInfo> {
  return standIns.size === 0 ? tensors : new Map([...standIns, ...tensors]);
}

async function decodeAll(storage: Storage): Promise<Decoded[]> {
  const decoded: (Decoded | undefined)[] = [];
  const names = storage.tensors.keys();
  const decodeNext = async () => {
    for (const name of names)
      for (const scheme of SCHEMES) {
        const made = scheme(name, storage);
        const found = made instanceof Promise ? await made : made;
        if (!found) continue;
        decoded.push(found);
        break;
      }
  };
  // Some schemes read a few bytes for each module.
  await Promise.all(Array.from({ length: 32 }, decodeNext));
  return decoded.filter((each) => each !== undefined);
}

function notesOn(decoded: readonly Decoded[], plainFp8: number): string[] {
  const kinds = new Map<string, number>();
  for (const { tensor } of decoded) kinds.set(tensor.dtype, (kinds.get(tensor.dtype) ?? 0) + 1);
  const notes = [...kinds].map(
    ([kind, count]) => `${stored(count)} as ${kind}: decoded as its own loader does, in fp32.`,
  );
  if (plainFp8 > 0) notes.push(`${stored(plainFp8)} as FP8 without a scale: read as it stands.`);
  return notes;
}

const stored = (count: number): string => (count === 1 ? '1 tensor is stored' : `${count} tensors are stored`);

/** Integers that are no codes of anything. */
const BUFFERS = /(ids|mask|bias|inv_freq|tracked|positions?|index|count|step|version)$/;

/** What `x.qweight`, `x.weight_packed`, `x.weight._data` or `x_blocks` would be called if it were not quantised. */
function meantBy(name: string): string[] {
  const module = name.replace(/\.[^.]*$/, '');
  const names = [`${module}.weight`, name.replace(/_[^._]+$/, '')];
  if (module.endsWith('.weight')) names.push(module);
  return names;
}
