import { WeightscopeError } from '../../errors.ts';
import { openTensorFile } from '../../formats/open.ts';
import { readShardedSafetensors } from '../../formats/safetensors/sharded.ts';
import type { TensorFile, TensorInfo } from '../../formats/tensor.ts';
import { quote } from '../../quote.ts';
import type { Source, SourceFolder } from '../../source/source.ts';
import { type AdapterConfig, parseAdapterConfig } from './config.ts';
import { type AdapterModule, modulesOf } from './modules.ts';
import { withoutConfig } from './other-tools.ts';

/** An opened adapter: its config and its tensors by the modules that they change. No weights are read yet. */
export interface Adapter {
  /** What the person called it. */
  readonly name: string;
  readonly config: AdapterConfig;
  readonly modules: readonly AdapterModule[];
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Where a tokenizer may lie beside it. */
  readonly folder: SourceFolder;
  close(): Promise<void>;
}

const CONFIG = 'adapter_config.json';
/** As PEFT looks for them. */
const WEIGHTS = ['adapter_model.safetensors', 'adapter_model.bin'];
const INDEX = 'adapter_model.safetensors.index.json';
const MAX_CONFIG = 4 << 20;

/**
 * Opens a PEFT adapter: a folder with adapter_config.json and adapter_model.safetensors (or .bin); `file`: another name
 * of the weights. Reads headers and the config only. Throws `SOURCE_NOT_FOUND`, `CONFIG_MISSING`, `CONFIG_INVALID`,
 * `FORMAT_UNSUPPORTED` naming the kind of adapter, and what the formats throw.
 */
export async function openAdapter(
  folder: SourceFolder,
  { name = folder.name, file, signal }: { name?: string; file?: string; signal?: AbortSignal } = {},
): Promise<Adapter> {
  const source = await folder.open(CONFIG);
  if (!source) throw await withoutConfig(folder, CONFIG, file);
  const config = parseAdapterConfig(await wholeOf(source, signal), `${folder.name}/${CONFIG}`);
  const weights = await readWeights(folder, file);
  const close = async (): Promise<void> => {
    const sources = new Set([...weights.tensors.values()].map((info) => info.source));
    await Promise.all([...sources].map((one) => one.close?.()));
  };
  try {
    if (weights.format === 'gguf')
      throw new WeightscopeError(
        'FORMAT_UNSUPPORTED',
        `Expected an adapter as PEFT saves it in ${quote(name)}, found a GGUF file; name the folder that it was converted from.`,
      );
    return { name, config, modules: modulesOf(weights.tensors, name), tensors: weights.tensors, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function wholeOf(source: Source, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    if (source.byteLength > MAX_CONFIG)
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected at most ${MAX_CONFIG} bytes in ${source.name}, found ${source.byteLength}; it is no adapter's config.`,
      );
    return await source.slice(0, source.byteLength, signal);
  } finally {
    await source.close?.();
  }
}

async function readWeights(folder: SourceFolder, file?: string): Promise<TensorFile> {
  for (const name of file === undefined ? WEIGHTS : [file]) {
    const source = await folder.open(name);
    if (source) return openTensorFile(source);
  }
  const index = file === undefined ? await folder.open(INDEX) : undefined;
  if (index) {
    await index.close?.();
    return readShardedSafetensors(folder, INDEX);
  }
  throw new WeightscopeError(
    'SOURCE_NOT_FOUND',
    `Expected ${file ?? WEIGHTS.join(' or ')} in ${folder.name}, found no such file; name an adapter's folder as PEFT saves it.`,
  );
}
