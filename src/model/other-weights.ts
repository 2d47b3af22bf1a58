import { WeightscopeError } from '../errors.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import { quote } from '../quote.ts';

const MERGE =
  '`weightscope adapter BASE ADAPTER` reads it on its base, and writes both as one with --merge (as merge_and_unload of peft does)';

/** Weights that people find in place of a checkpoint's, in the order in which they say most, and what to do. */
const OTHERS: readonly { readonly pattern: RegExp; readonly what: string; readonly advice: string }[] = [
  {
    pattern: /(^|\/)consolidated[^/]*\.(safetensors|pth)$/,
    what: "weights under its maker's own names",
    advice: 'take the files of the same model for transformers (model*.safetensors), or convert it with transformers',
  },
  {
    pattern: /(^|\/)adapter_model\.(safetensors|bin)$/,
    what: 'an adapter, which changes a model that is not here',
    advice: MERGE,
  },
  {
    pattern: /\.(pt|pth|ckpt|bin)$/,
    what: 'a PyTorch file of another name',
    advice: 'name the file if it holds a state_dict, or save the model with save_pretrained of transformers',
  },
  {
    pattern: /\.(h5|keras)$|(^|\/)saved_model\.pb$/,
    what: 'TensorFlow weights',
    advice: 'convert them: from_pretrained(…, from_tf=True) of transformers 4, then save_pretrained',
  },
  {
    pattern: /\.msgpack$/,
    what: 'Flax weights',
    advice: 'convert them: from_pretrained(…, from_flax=True) of transformers 4, then save_pretrained',
  },
  {
    pattern: /\.onnx(_data)?$/,
    what: 'an ONNX graph',
    advice: "take the model's .safetensors, from which it was exported",
  },
  {
    pattern: /\.(tflite|mlmodel|mlpackage|engine|plan|espresso\.weights)$/,
    what: 'a compiled model',
    advice: "take the model's .safetensors",
  },
  {
    pattern: /\.(npz|index|data-\d{5}-of-\d{5})$/,
    what: 'arrays of another framework',
    advice: "take the model's .safetensors",
  },
];

/** Files that lie beside weights and are none. */
const NOT_WEIGHTS =
  /(^|\/)(training_args|optimizer|scheduler|scaler|rng_state[^/]*|tokenizer|vocab[^/]*|sentencepiece[^/]*)\.(bin|pt|pth)$/;

/** The error for a folder without weights that are read: what is there instead, and what to do. */
export function noWeights(folder: string, names: readonly string[]): WeightscopeError {
  const candidates = names.filter((name) => !NOT_WEIGHTS.test(name));
  const isOther = (name: string): boolean => OTHERS.some(({ pattern }) => pattern.test(name));
  const below = candidates.filter((name) => /\/[^/]+\.(safetensors|gguf)$/.test(name) && !isOther(name));
  if (below.length > 0 && !candidates.some((name) => !name.includes('/') && isOther(name))) {
    const folders = [...new Set(below.map((name) => name.slice(0, name.lastIndexOf('/'))))].sort(
      (a, b) => a.split('/').length - b.split('/').length,
    );
    return new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected *.safetensors, pytorch_model.bin or *.gguf in ${folder} itself, found weights in folders below it (${some(folders)}); name one of them.`,
    );
  }
  for (const { pattern, what, advice } of OTHERS) {
    const found = candidates.find((name) => pattern.test(name));
    if (found === undefined) continue;
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected *.safetensors, pytorch_model.bin or *.gguf in ${folder}, found ${what} (${found}); ${advice}.`,
    );
  }
  return new WeightscopeError(
    'SOURCE_NOT_FOUND',
    `Expected *.safetensors, pytorch_model.bin or *.gguf in ${folder}, found ${names.length === 0 ? 'no files' : some(names)}; name a checkpoint's folder or file.`,
  );
}

/** The error for weights without a config: what the folder is, where its files tell. */
export function noConfig(folder: string, names: readonly string[]): WeightscopeError {
  if (names.includes('adapter_config.json'))
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a whole model in ${folder}, found an adapter, which changes a model that is not here; ${MERGE}.`,
    );
  if (names.includes('manifest.json') && names.includes('normalisers.safetensors'))
    return new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a checkpoint in ${folder}, found an atlas of one; ask it with \`weightscope atlas\` or \`explore\`, or name the checkpoint.`,
    );
  return new WeightscopeError(
    'CONFIG_MISSING',
    `Expected config.json beside the weights in ${folder}, found none; put the checkpoint's config.json there.`,
  );
}

/** A few names, and how many more there are. */
export const some = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');

/** Weights of an adapter beside a model's own are part of what the model does: without them every number is another. */
export function refuseAdapters(tensors: ReadonlyMap<string, TensorInfo>, where: string): void {
  for (const name of tensors.keys())
    if (/(^|\.)lora_(A|B|embedding_A|embedding_B|magnitude_vector)(\.|$)/.test(name))
      throw new WeightscopeError(
        'FORMAT_UNSUPPORTED',
        `Expected a model's own weights in ${where}, found an adapter beside them (LoRA, ${quote(name)}); merge it into its base (PEFT: merge_and_unload) and save that.`,
      );
}
