import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { parseJson, withoutMark } from '../../json.ts';
import { openCheckpoint } from '../../model/open.ts';
import type { Model } from '../../model/types.ts';
import { fileFolder, fileSource } from '../../source/file.node.ts';
import type { SourceFolder } from '../../source/source.ts';
import { makeFolderWhole, writeFileWhole } from '../../source/whole-file.node.ts';
import { type MergedFile, mergedCheckpoint } from './merge.ts';
import type { Adapter } from './open.ts';
import { withAdapter } from './with-adapter.ts';

export interface MergeOptions {
  /** Bytes of a shard at most; default 5 GB. */
  shardBytes?: number;
  signal?: AbortSignal;
  /** `done` is 0 to 1. */
  progress?: (done: number, what: string) => void;
}

/** What was written. */
export interface MergeResult {
  readonly folder: string;
  readonly base: string;
  readonly adapter: string;
  /** Tensors of the checkpoint, and how many of them the adapter changed. */
  readonly tensors: number;
  readonly changed: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256?: string }[];
  readonly notes: readonly string[];
}

/** What lies beside the weights of a checkpoint and belongs to it: config, tokenizer, its own code. */
const ASIDE = /^[^/]+\.(json|txt|model|jinja|py|tiktoken)$/;
const NOT_ASIDE = /^(adapter_|README|requirements|.*\.index\.json$)/;
const TOKENIZER = /^(tokenizer|special_tokens_map|added_tokens|vocab|merges|chat_template|spiece|sentencepiece)/;
/** What is looked for where a folder cannot be listed. */
const USUAL = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'tokenizer.model',
  'spiece.model',
  'chat_template.jinja',
];
const MAX_ASIDE = 1 << 28;

/**
 * Writes the checkpoint that an adapter and its base make (see {@link mergedCheckpoint}) as a new folder, with the
 * config, tokenizer and other small files of `beside`, the base's folder. Streams: no tensor is held whole. All weights
 * are read back from the disk and compared by their SHA-256, and the folder is opened as a model, before it takes its
 * name; until then nothing is there. Throws `OUTPUT_UNWRITABLE` where something is in its place, and what {@link
 * withAdapter} throws.
 */
export async function writeMerged(
  base: Model,
  adapter: Adapter,
  beside: SourceFolder,
  folder: string,
  { shardBytes, signal, progress }: MergeOptions = {},
): Promise<MergeResult> {
  const merged = mergedCheckpoint(base, adapter, shardBytes);
  const expected = await withAdapter(base, adapter, signal);
  const files: MergeResult['files'][number][] = [];
  const total = merged.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  // Writing is most of the work, reading back the rest.
  const at = (share: number, what: string) => (bytes: number) => {
    done += (share * bytes) / total;
    progress?.(done, what);
  };
  await makeFolderWhole(folder, async (partial) => {
    for (const file of merged.files) {
      const sha256 = await writeHashed(join(partial, file.name), file, at(0.75, `writing ${file.name}`), signal);
      files.push({ name: file.name, bytes: file.bytes, sha256 });
    }
    const said = [...(await besideFiles(beside, merged.config, signal))];
    const grown = expected.dimensions.vocab > base.dimensions.vocab;
    if (grown) said.push(...(await besideFiles(adapter.folder, {}, signal)).filter(([name]) => TOKENIZER.test(name)));
    if (merged.index !== undefined) said.push(['model.safetensors.index.json', new TextEncoder().encode(merged.index)]);
    for (const [name, bytes] of new Map(said)) {
      await writeFileWhole(join(partial, name), (file) => file.write(bytes));
      files.push({ name, bytes: bytes.length });
    }
    for (const { name, sha256 } of files)
      if (sha256 !== undefined)
        await checkWritten(join(partial, name), sha256, at(0.25, `reading ${name} back`), signal);
    await checkOpens(partial, expected, signal);
  });
  const { tensors, changed, notes } = merged;
  return { folder, base: base.name, adapter: adapter.name, tensors, changed, files, notes };
}

async function writeHashed(
  path: string,
  file: MergedFile,
  wrote: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  await writeFileWhole(path, async ({ write }) => {
    for await (const chunk of file.chunks(signal)) {
      hash.update(chunk);
      await write(chunk);
      wrote(chunk.length);
    }
  });
  return hash.digest('hex');
}

const READ = 1 << 24;

async function checkWritten(path: string, sha256: string, read: (bytes: number) => void, signal?: AbortSignal) {
  const source = await fileSource(path);
  const hash = createHash('sha256');
  for (let start = 0; start < source.byteLength; start += READ) {
    throwIfAborted(signal);
    const bytes = await source.slice(start, Math.min(start + READ, source.byteLength), signal);
    hash.update(bytes);
    read(bytes.length);
  }
  if (hash.digest('hex') === sha256) return;
  throw new WeightscopeError(
    'OUTPUT_UNWRITABLE',
    `Expected to read back from ${path} what was written there, found other bytes; the disk may be failing, so give a folder on another one.`,
  );
}

/** Whether the folder is a model with the parameters that were meant. */
async function checkOpens(folder: string, expected: Model, signal?: AbortSignal): Promise<void> {
  const written = await openCheckpoint(await fileFolder(folder), { signal });
  try {
    const shapes = ({ parameters }: Model) =>
      [...parameters].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).sort();
    const [found, meant] = [shapes(written), shapes(expected)];
    const other = meant.find((one) => !found.includes(one)) ?? found.find((one) => !meant.includes(one));
    if (other !== undefined)
      throw new WeightscopeError(
        'CHECK_FAILED',
        `Expected the merged checkpoint to have the parameters of ${expected.name}, but ${other} is in one of both alone; nothing was written.`,
      );
  } finally {
    await written.close();
  }
}

/** The small files beside a checkpoint's weights, with config.json as it has to be. */
async function besideFiles(
  folder: SourceFolder,
  config: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<[string, Uint8Array][]> {
  const names = ((await folder.list()) ?? USUAL).filter((name) => ASIDE.test(name) && !NOT_ASIDE.test(name));
  const found: [string, Uint8Array][] = [];
  for (const name of names) {
    const source = await folder.open(name);
    if (!source) continue;
    try {
      if (source.byteLength > MAX_ASIDE) continue;
      const bytes = await source.slice(0, source.byteLength, signal);
      const anew = name === 'config.json' && Object.keys(config).length > 0;
      found.push([name, anew ? withEntries(bytes, config) : bytes]);
    } finally {
      await source.close?.();
    }
  }
  return found;
}

function withEntries(bytes: Uint8Array, entries: Readonly<Record<string, unknown>>): Uint8Array {
  const config = parseJson(withoutMark(bytes)) as Record<string, unknown>;
  return new TextEncoder().encode(`${JSON.stringify({ ...config, ...entries }, null, 2)}\n`);
}
