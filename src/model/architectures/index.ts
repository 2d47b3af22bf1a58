import { WeightscopeError } from '../../errors.ts';
import type { Architecture } from '../architecture.ts';
import * as bertLike from './bert.ts';
import { bloom } from './bloom.ts';
import * as experts from './experts.ts';
import { falcon } from './falcon.ts';
import * as gguf from './gguf.ts';
import { gptNeo } from './gpt_neo.ts';
import { gptNeox, persimmon } from './gpt_neox.ts';
import { gpt2, gptBigcode } from './gpt2.ts';
import { codegen, gptj } from './gptj.ts';
import * as llamaLike from './llama.ts';
import { mpt } from './mpt.ts';
import * as optLike from './opt.ts';

/** Families of the Hugging Face format: config.json and safetensors. */
const HF: readonly Architecture[] = [
  gpt2,
  gptBigcode,
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
  ...Object.values(experts),
  ...Object.values(bertLike),
];
const GGUF: readonly Architecture[] = Object.values(gguf);

/** The model types that can be read from a format, sorted. */
export function knownTypes(format: 'safetensors' | 'gguf'): string[] {
  return (format === 'gguf' ? GGUF : HF).flatMap(({ types }) => types).sort();
}

/** The family that reads a model type. Throws `ARCHITECTURE_UNKNOWN`, which lists the known ones. */
export function architectureOf(modelType: string, format: 'safetensors' | 'gguf', where: string): Architecture {
  const found = (format === 'gguf' ? GGUF : HF).find(({ types }) => types.includes(modelType));
  if (found) return found;
  throw new WeightscopeError(
    'ARCHITECTURE_UNKNOWN',
    `Expected a known model type in ${where}, found ${JSON.stringify(modelType)}; known are ${knownTypes(format).join(', ')} (docs/architectures.md says how to add one).`,
  );
}
