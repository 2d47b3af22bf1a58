import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import type { SourceFolder } from '../../source/source.ts';

/** What a config says about how its checkpoint's numbers are stored. */
export interface Declaration {
  /** As configs spell it, in lower case: `gptq`, `compressed-tensors`, `mlx` … */
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Where configs declare it: transformers, MLX, the first compressed-tensors, tools of their own. */
const KEYS = ['quantization_config', 'quantization', 'compression_config', 'quant_config', 'quantize_config'];

/** A model that also sees or hears keeps its language model's config in one of these. */
const INNER = ['text_config', 'llm_config', 'language_config'];

/** Methods as people call them, by their `quant_method`. */
const NAMES: Readonly<Record<string, string>> = {
  aqlm: 'AQLM',
  awq: 'AWQ',
  'auto-round': 'AutoRound',
  bitnet: 'BitNet',
  bitsandbytes: 'bitsandbytes',
  'compressed-tensors': 'compressed-tensors',
  eetq: 'EETQ',
  exl2: 'EXL2',
  exl3: 'EXL3',
  fbgemm_fp8: 'FBGEMM FP8',
  fouroversix: 'Four Over Six',
  fp8: 'FP8',
  fp_quant: 'FP-Quant',
  gemma: "Gemma's own",
  gptq: 'GPTQ',
  higgs: 'HIGGS',
  hqq: 'HQQ',
  metal: 'Metal',
  mlx: 'MLX',
  modelopt: 'ModelOpt',
  mxfp4: 'MXFP4',
  mxfp8: 'MXFP8',
  nvfp4: 'NVFP4',
  quanto: 'Quanto',
  quark: 'Quark',
  sinq: 'SINQ',
  spqr: 'SpQR',
  torchao: 'torchao',
  vptq: 'VPTQ',
};

/** A method's name for a sentence. */
export const nameOf = (method: string): string => (Object.hasOwn(NAMES, method) ? NAMES[method] : quote(method));

/** Methods that are read. */
const READ = [
  ...[
    'awq',
    'bitsandbytes',
    'compressed-tensors',
    'fbgemm_fp8',
    'fp8',
    'gptq',
    'hqq',
    'mlx',
    'modelopt',
    'mxfp4',
    'mxfp8',
  ],
];

/** Where old tools say it in a file of their own, and which method it is if the file does not say. */
const FILES: readonly (readonly [file: string, method: string])[] = [
  ['quantize_config.json', 'gptq'],
  ['quant_config.json', 'awq'],
  ['hf_quant_config.json', 'modelopt'],
];
const MAX_FILE_BYTES = 1 << 20;

/** What a file of its own beside the weights declares: AutoGPTQ, AutoAWQ and ModelOpt once wrote it there alone. */
export async function declaredBeside(folder: SourceFolder): Promise<Declaration | undefined> {
  for (const [file, method] of FILES) {
    const source = await folder.open(file);
    if (!source) continue;
    try {
      if (source.byteLength > MAX_FILE_BYTES) continue;
      const found: unknown = JSON.parse(new TextDecoder().decode(await source.slice(0, source.byteLength)));
      // ModelOpt's file says who made it as well.
      const settings = isObject(found) && isObject(found.quantization) ? found.quantization : found;
      if (isObject(settings))
        return { method: (settings.quant_method ? methodOf(settings) : undefined) ?? method, settings };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    } finally {
      await source.close?.();
    }
  }
  return undefined;
}

/**
 * The storage that a config declares, or undefined. Throws `FORMAT_UNSUPPORTED`, naming the method, where it is not
 * read: numbers of a storage that is not understood are not numbers of the model.
 */
export function declaredStorage(config: Readonly<Record<string, unknown>>, where: string): Declaration | undefined {
  let found: Declaration | undefined;
  const configs = [config, ...INNER.map((key) => config[key])].filter(isObject);
  for (const [key, settings] of configs.flatMap((each) => KEYS.map((key) => [key, each[key]] as const))) {
    if (settings === undefined || settings === null || settings === false) continue;
    if (typeof settings === 'object' && Object.keys(settings).length === 0) continue;
    const method = methodOf(settings);
    if (method === undefined || !READ.includes(method))
      throw refuse(method === undefined ? 'a quantisation without `quant_method`' : `the method ${nameOf(method)}`);
    const change = changeOf(settings as Record<string, unknown>);
    if (change !== undefined) throw refuse(change);
    found ??= { method, settings: settings as Record<string, unknown> };

    function refuse(what: string): WeightscopeError {
      return new WeightscopeError(
        'FORMAT_UNSUPPORTED',
        `Expected weights that are not quantised, or quantised by ${READ.map(nameOf).join(', ')}; \`${key}\` of ${where} declares ${what}, which is not read; take the model's unquantised checkpoint, or a GGUF file of it.`,
      );
    }
  }
  return found;
}

/**
 * compressed-tensors may keep less than all numbers, or those of a rotated space: then codes and scales do not suffice.
 */
function changeOf({ sparsity_config: sparsity, transform_config: transform }: Record<string, unknown>) {
  const isSet = (value: unknown): value is Record<string, unknown> => isObject(value) && Object.keys(value).length > 0;
  if (isSet(sparsity) && typeof sparsity.format === 'string' && sparsity.format !== 'dense')
    return `weights stored sparsely (${quote(sparsity.format)})`;
  return isSet(transform) ? 'weights of a transformed space (`transform_config`)' : undefined;
}

/** MLX and the first bitsandbytes say what they are by their entries alone. */
function methodOf(settings: unknown): string | undefined {
  if (!isObject(settings)) return undefined;
  const method = settings.quant_method;
  if (typeof method === 'string')
    return method
      .toLowerCase()
      .replace(/^compressed_tensors$/, 'compressed-tensors')
      .replace(/^modelopt_.*/, 'modelopt');
  if (method !== undefined && method !== null) return undefined;
  if (settings.load_in_8bit === true || settings.load_in_4bit === true) return 'bitsandbytes';
  if (settings.config_groups !== undefined) return 'compressed-tensors';
  if (typeof settings.group_size === 'number' && typeof settings.bits === 'number') return 'mlx';
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
