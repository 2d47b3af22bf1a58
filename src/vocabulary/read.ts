import { WeightscopeError } from '../errors.ts';
import type { SourceFolder } from '../source/source.ts';
import { parseObject } from './json.ts';
import type { TokenizerExtras } from './pieces.ts';
import { vocabularyFromTokenizerJson } from './tokenizer-json.ts';
import type { Vocabulary } from './types.ts';
import { vocabularyFromVocabJson, vocabularyFromVocabTxt } from './vocab-files.ts';

/** Larger than any known tokenizer.json (Gemma's is 33 MB). */
const MAX_BYTES = 512 * 2 ** 20;

/**
 * The vocabulary of a checkpoint's folder: tokenizer.json, else vocab.json, else vocab.txt, with the special tokens of
 * tokenizer_config.json, special_tokens_map.json and added_tokens.json. Undefined when none of the three is there.
 *
 * @param size rows of E
 * @param config the model's config.json: its `bos_token_id` and the like count where no other file names a special token
 * @throws `TOKENIZER_INVALID` when a file is there but broken, `LFS_POINTER` when it is only a pointer
 */
export async function readVocabulary(
  folder: SourceFolder,
  size: number,
  config?: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Vocabulary | undefined> {
  for (const [name, read] of Object.entries(READERS)) {
    const text = await readText(folder, name, signal);
    if (text !== undefined) return read(text, size, { ...(await readExtras(folder, signal)), config });
  }
  return undefined;
}

/** By preference: what says most about its tokens first. */
const READERS: Record<string, (text: string, size: number, extras: TokenizerExtras) => Vocabulary> = {
  'tokenizer.json': vocabularyFromTokenizerJson,
  'vocab.json': vocabularyFromVocabJson,
  'vocab.txt': vocabularyFromVocabTxt,
};

async function readExtras(folder: SourceFolder, signal: AbortSignal | undefined): Promise<TokenizerExtras> {
  const object = async (name: string) => {
    const text = await readText(folder, name, signal);
    return text === undefined ? undefined : parseObject(text, name);
  };
  return {
    tokenizerConfig: await object('tokenizer_config.json'),
    specialTokensMap: await object('special_tokens_map.json'),
    addedTokens: await object('added_tokens.json'),
  };
}

async function readText(
  folder: SourceFolder,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const source = await folder.open(name);
  if (!source) return undefined;
  try {
    if (source.byteLength > MAX_BYTES) {
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected ${name} to have at most ${MAX_BYTES} bytes, it has ${source.byteLength}; it is no tokenizer's file.`,
      );
    }
    const text = new TextDecoder().decode(await source.slice(0, source.byteLength, signal));
    if (text.startsWith('version https://git-lfs')) {
      throw new WeightscopeError(
        'LFS_POINTER',
        `Expected ${name} to be a tokenizer's file, found a Git LFS pointer; run \`git lfs pull\` or download the file itself.`,
      );
    }
    return text;
  } finally {
    await source.close?.();
  }
}
