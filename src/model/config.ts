import { WeightscopeError } from '../errors.ts';
import { refuseLfsPointer } from '../formats/lfs.ts';
import { JsonError, parseJson, withoutMark } from '../json.ts';
import { describe } from '../quote.ts';
import type { SourceFolder } from '../source/source.ts';
import type { Config } from './architecture.ts';
import { INNER } from './defaults.ts';
import { noConfig } from './other-weights.ts';
import { withDefaults } from './sizes.ts';

const MAX_BYTES = 16 << 20;

/** What a model that also sees or hears calls its language model's config. */
const INSIDE = ['text_config', 'llm_config', 'language_config'];
/** Entries of such a wrapper that speak of the whole file. Its sizes never stand in for the language model's. */
const OF_ALL = /quantiz|compress|tie_word_embeddings|^(architectures|dtype|torch_dtype|transformers_version)$/;

/**
 * config.json of a folder, what it leaves out filled in as its class does (apart from sizes: sizes.ts). Of a model that
 * also sees or hears it is its language model's. Throws `CONFIG_MISSING`, `CONFIG_INVALID`.
 */
export async function readConfig(folder: SourceFolder, signal?: AbortSignal): Promise<Config> {
  const source = await folder.open('config.json');
  if (!source) throw noConfig(folder.name, (await folder.list()) ?? []);
  let bytes: Uint8Array;
  try {
    if (source.byteLength > MAX_BYTES)
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected at most ${MAX_BYTES} bytes in ${source.name}, found ${source.byteLength}; it is no model's config.`,
      );
    bytes = await source.slice(0, source.byteLength, signal);
  } finally {
    await source.close?.();
  }
  const config = languageModelOf(parse(bytes, source.name));
  if (typeof config.model_type !== 'string')
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected \`model_type\` in ${source.name} to name the kind of model, found ${describe(config.model_type)}.`,
    );
  return withDefaults(config);
}

function languageModelOf(config: Record<string, unknown>): Record<string, unknown> {
  const { thinker_config: thinker } = config;
  if (isObject(thinker) && isObject(thinker.text_config))
    return languageModelOf({ ...config, ...thinker, thinker_config: null });
  const inner = INSIDE.map((name) => config[name]).find(isObject);
  if (!inner) return config;
  // Ids of tokens may stand in either.
  const outer = Object.fromEntries(
    Object.entries(config).filter(([name]) => OF_ALL.test(name) || (/token/.test(name) && !(name in inner))),
  );
  const type = String(config.model_type);
  const model_type = inner.model_type ?? (Object.hasOwn(INNER, type) ? INNER[type] : config.model_type);
  return { ...inner, ...outer, model_type };
}

/** As Python's `json` reads it: with `NaN` and `Infinity`, of two equal keys the last. */
function parse(bytes: Uint8Array, file: string): Record<string, unknown> {
  refuseLfsPointer(bytes, file);
  let value: unknown;
  try {
    value = parseJson(withoutMark(bytes), { python: true });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected JSON in ${file}, but ${cause.message}; fetch the file again.`,
      { cause },
    );
  }
  if (isObject(value)) return value;
  throw new WeightscopeError('CONFIG_INVALID', `Expected a JSON object in ${file}, found ${describe(value)}.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
