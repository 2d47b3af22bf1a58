import { WeightscopeError } from '../errors.ts';
import type { SourceFolder } from '../source/source.ts';
import type { Config } from './architecture.ts';

const MAX_BYTES = 16 << 20;

/**
 * config.json of a folder. A model that also sees or hears keeps its language model's config in `text_config`, whose
 * entries then count. Throws `CONFIG_MISSING`, `CONFIG_INVALID`.
 */
export async function readConfig(folder: SourceFolder, signal?: AbortSignal): Promise<Config> {
  const source = await folder.open('config.json');
  if (!source)
    throw new WeightscopeError(
      'CONFIG_MISSING',
      `Expected config.json beside the weights in ${folder.name}, found none; put the checkpoint's config.json there.`,
    );
  let text = '';
  try {
    if (source.byteLength <= MAX_BYTES)
      text = new TextDecoder().decode(await source.slice(0, source.byteLength, signal));
  } finally {
    await source.close?.();
  }
  const config = { ...parse(text, source.name) };
  const inner = config.text_config;
  if (isObject(inner)) Object.assign(config, inner);
  if (typeof config.model_type !== 'string')
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`model_type\` in ${source.name} to name the kind of model, found ${JSON.stringify(config.model_type) ?? 'none'}.`,
    );
  return config;
}

function parse(text: string, file: string): Record<string, unknown> {
  if (text.startsWith('version https://git-lfs'))
    throw new WeightscopeError('LFS_POINTER', `Expected JSON in ${file}, found a Git LFS pointer; run "git lfs pull".`);
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected JSON in ${file}, found something else; fetch the file again.`,
      { cause },
    );
  }
  throw new WeightscopeError('CONFIG_INVALID', `Expected a JSON object in ${file}, found another value.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
