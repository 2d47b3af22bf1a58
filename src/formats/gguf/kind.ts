import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { TensorFile } from '../tensor.ts';

/** What a GGUF file may be besides a language model (`general.type`, or as its tensors betray), and what to do. */
const OTHERS: Readonly<Record<string, { readonly what: string; readonly advice: string }>> = {
  adapter: {
    what: 'a LoRA adapter, which changes a model that is not here',
    advice: 'merge it with llama-export-lora and name the result',
  },
  mmproj: { what: 'the part of a model that sees or hears', advice: 'name the GGUF file of its language model' },
  clip: { what: 'the part of a model that sees or hears', advice: 'name the GGUF file of its language model' },
  imatrix: { what: 'statistics for quantising a model', advice: 'name the GGUF file of the model' },
  vocab: { what: 'a vocabulary without weights', advice: 'name the GGUF file of the model' },
};

/** Throws `FORMAT_UNSUPPORTED`, saying what a GGUF file is and what to do, where it is no language model. */
export function refuseOtherGguf({ metadata, tensors }: TensorFile, file: string): void {
  const other = otherKind(String(metadata.get('general.type') ?? ''), metadata, tensors);
  if (other)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a language model in ${quote(file)}, found ${other.what}; ${other.advice}.`,
    );
}

function otherKind(type: string, metadata: TensorFile['metadata'], tensors: TensorFile['tensors']) {
  if (Object.hasOwn(OTHERS, type)) return OTHERS[type];
  if (metadata.get('general.architecture') === 'clip') return OTHERS.clip;
  if (metadata.has('adapter.type')) return OTHERS.adapter;
  if (metadata.has('imatrix.datasets')) return OTHERS.imatrix;
  // A first part of several may hold the metadata alone.
  return tensors.size === 0 && metadata.has('tokenizer.ggml.tokens') && !metadata.has('split.count')
    ? OTHERS.vocab
    : undefined;
}
