import { WeightscopeError } from '../../errors.ts';
import { openTensorFile } from '../../formats/open.ts';
import { quote } from '../../quote.ts';
import type { SourceFolder } from '../../source/source.ts';

/** How other tools than PEFT name an adapter's matrices, and what they may be made of them. */
const TOOLS: readonly [names: RegExp, tool: string, remedy: string][] = [
  [
    /^(lora|lycoris)_\w+\.(hada_|lokr_|oft_|glora|a1\.|b1\.|diff$)/,
    'an adapter as LyCORIS saves it',
    'merge it with LyCORIS',
  ],
  [
    /^lora_\w+\.(lora_(down|up|mid)\.weight|alpha|dora_scale)$/,
    'a LoRA as kohya’s scripts save it',
    'merge it with these',
  ],
  [
    /^(unet|text_encoder\w*|transformer\.(single_)?transformer_blocks)\..*lora/,
    'a LoRA of an image model, as diffusers saves it',
    'fuse it with diffusers',
  ],
  [/\.lora_[ab]$/, 'a LoRA as MLX saves it', 'fuse it with mlx_lm.fuse'],
];

const GGUF: readonly [tool: string, remedy: string] = [
  'a LoRA as llama.cpp reads it (GGUF)',
  'name the folder that it was converted from, or merge it with llama-export-lora',
];

/** What adapter_config.json is in MLX: no `peft_type`, but these. */
export const isMlxConfig = (config: Record<string, unknown>): boolean =>
  config.peft_type === undefined && ('fine_tune_type' in config || 'lora_parameters' in config);

export const mlxRefused = (where: string): WeightscopeError =>
  refused(where, ['a LoRA as MLX saves it', 'fuse it with mlx_lm.fuse']);

const refused = (where: string, [tool, remedy]: readonly [string, string]): WeightscopeError =>
  new WeightscopeError(
    'FORMAT_UNSUPPORTED',
    `Expected an adapter as PEFT saves it in ${where}, found ${tool}; ${remedy} and name the result.`,
  );

/**
 * Why a folder without adapter_config.json is no adapter: another tool's, by the names of its tensors, one of several
 * in folders below, or one whose config is missing. Reads headers alone.
 */
export async function withoutConfig(folder: SourceFolder, config: string, file?: string): Promise<WeightscopeError> {
  const files = file === undefined ? ((await folder.list()) ?? []) : [file];
  for (const name of files.filter((one) => /^[^/]+\.(safetensors|gguf)$/.test(one)).slice(0, MOST)) {
    const tool = await toolOf(folder, name);
    if (tool) return refused(folder.name, tool);
  }
  const below = files.flatMap((one) => (one.endsWith(`/${config}`) ? [one.slice(0, -config.length - 1)] : []));
  if (below.length > 0)
    return new WeightscopeError(
      'CONFIG_MISSING',
      `Expected ${config} in ${folder.name}, found it in ${below.length === 1 ? 'a folder' : `${below.length} folders`} below (${below.slice(0, 6).map(quote).join(', ')}); name one of these.`,
    );
  return new WeightscopeError(
    'CONFIG_MISSING',
    `Expected ${config} in ${folder.name} beside the adapter's weights, found none; it says what they are multiplied by, so put it there.`,
  );
}

/** Files that are looked into. */
const MOST = 3;

async function toolOf(folder: SourceFolder, name: string): Promise<readonly [string, string] | undefined> {
  const source = await folder.open(name);
  if (!source) return undefined;
  try {
    const { format, tensors } = await openTensorFile(source);
    if (format === 'gguf') return GGUF;
    for (const tensor of tensors.keys())
      for (const [names, tool, remedy] of TOOLS) if (names.test(tensor)) return [tool, remedy];
    return undefined;
  } catch (error) {
    // A file that is none tells nothing: the config is missing all the same.
    if (error instanceof WeightscopeError) return undefined;
    throw error;
  } finally {
    await source.close?.();
  }
}
