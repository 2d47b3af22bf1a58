import { WeightscopeError } from '../../errors.ts';
import type { TensorFile } from '../../formats/tensor.ts';
import { quote } from '../../quote.ts';
import type { Architecture, Config } from '../architecture.ts';
import { INNER } from '../defaults.ts';
import { modules } from '../names.ts';
import * as bartLike from './bart.ts';
import * as bertLike from './bert.ts';
import { bloom } from './bloom.ts';
import { gptOss, graniteMoe, llama4, mixtral, qwen3VlMoe, qwenMoe } from './experts.ts';
import { falcon } from './falcon.ts';
import * as gguf from './gguf.ts';
import { gptNeo } from './gpt_neo.ts';
import { gptNeox, persimmon } from './gpt_neox.ts';
import { gpt2, gptBigcode, openaiGpt } from './gpt2.ts';
import { codegen, gptj } from './gptj.ts';
import * as llamaLike from './llama.ts';
import * as mlaLike from './mla.ts';
import { mpt } from './mpt.ts';
import * as optLike from './opt.ts';
import * as hybrids from './recurrent.ts';
import { refusalOf } from './refused.ts';
import { deci, openelm } from './searched.ts';
import * as t5Like from './t5.ts';

/** Families of the Hugging Face format: config.json and safetensors. */
const HF: readonly Architecture[] = [
  gpt2,
  gptBigcode,
  openaiGpt,
  gptNeo,
  gptj,
  codegen,
  gptNeox,
  persimmon,
  ...Object.values(optLike),
  bloom,
  mpt,
  falcon,
  ...Object.values(llamaLike),
  mixtral,
  graniteMoe,
  qwenMoe,
  qwen3VlMoe,
  gptOss,
  llama4,
  openelm,
  deci,
  ...Object.values(mlaLike),
  ...Object.values(hybrids),
  ...Object.values(t5Like),
  ...Object.values(bartLike),
  ...Object.values(bertLike),
];
const GGUF: readonly Architecture[] = Object.values(gguf);

/** The model types that can be read from a format, sorted. */
export function knownTypes(format: TensorFile['format']): string[] {
  return (format === 'gguf' ? GGUF : HF).flatMap(({ types }) => types).sort();
}

/**
 * The family that reads a model type. Throws `ARCHITECTURE_UNKNOWN`, which says what was found, one of its tensors'
 * names (`tensor`), why the type is not read where that is known, and what to do.
 */
export function architectureOf(
  modelType: string,
  format: TensorFile['format'],
  where: string,
  tensor?: string,
): Architecture {
  const families = format === 'gguf' ? GGUF : HF;
  const found = families.find(({ types }) => types.includes(modelType));
  if (found) return found;
  const why = format === 'gguf' ? '' : `: ${refusalOf(modelType)}`;
  const known = knownTypes(format);
  const near = known.filter((type) => alike(type, modelType)).slice(0, 5);
  const such = tensor === undefined ? '' : ` (with tensors such as ${quote(tensor)})`;
  const others =
    near.length > 0
      ? `read are ${near.join(', ')} and ${known.length - near.length} others`
      : `${known.length} others are read, among them gpt2, llama, t5 and bert`;
  throw new WeightscopeError(
    'ARCHITECTURE_UNKNOWN',
    `Expected a model type that can be read in ${where}, found ${quote(modelType)}${such}${why}; ${others} (docs/architectures.md lists them and says how to add one).`,
  );
}

/** Names of a checkpoint's modules whose weights are [in, out] (GPT-2's Conv1D); in GGUF all are [out, in]. */
export function inputFirstModules(modelType: string, config: Config): string[] {
  const family = HF.find(({ types }) => types.includes(modelType));
  if (!family) return [];
  const { parameters } = family;
  const spec = typeof parameters === 'function' ? parameters(config, 0) : parameters;
  const found = Object.values(spec).flatMap((candidates) => modules(candidates));
  return [...new Set(found.filter(({ layout }) => layout === 'conv1d').map(({ name }) => name))];
}

/** Names of the modules that may hold a checkpoint's head, the usual one first; without what stands before them. */
export function headModules(modelType: string): string[] {
  const family = HF.find(({ types }) => types.includes(modelType));
  if (!family) return [];
  const { unembed } = family.model;
  return unembed === undefined ? [] : modules(unembed).map(({ name }) => name);
}

/** Types whose names begin alike are often relatives. */
const alike = (a: string, b: string): boolean => a.slice(0, 4) === b.slice(0, 4);

/**
 * What happens to a model type of `transformers`: the family that reads it, the type of the language model within it
 * that is read, or why it is refused.
 */
export function outcomeOf(modelType: string): { family: string } | { inner: string } | { refused: string } {
  const family = HF.find(({ types }) => types.includes(modelType))?.family;
  if (family !== undefined) return { family };
  if (Object.hasOwn(INNER, modelType)) return { inner: INNER[modelType] };
  return { refused: refusalOf(modelType) };
}
