import { WeightscopeError } from '../errors.ts';
import { refuseLfsPointer } from '../formats/lfs.ts';
import type { SourceFolder } from '../source/source.ts';
import { parseObject } from './json.ts';
import type { TokenizerExtras } from './pieces.ts';
import { isNumberedOtherwise, vocabularyFromSentencePiece } from './sentencepiece.ts';
import { isTiktoken, vocabularyFromTekken, vocabularyFromTiktoken } from './tiktoken.ts';
import { vocabularyFromTokenizerJson } from './tokenizer-json.ts';
import type { Vocabulary } from './types.ts';
import { vocabularyFromVocabJson, vocabularyFromVocabTxt } from './vocab-files.ts';

/** Larger than any known tokenizer.json (Gemma's is 33 MB). */
const MAX_BYTES = 100_000_000;

/** A folder's tokenizer; where it has one that cannot be read, a sentence that every reading shows. */
interface FoundVocabulary {
  vocabulary?: Vocabulary;
  note?: string;
}

/**
 * The vocabulary of a checkpoint's folder: the first of tokenizer.json, vocab.json, vocab.txt, a SentencePiece model
 * (tokenizer.model, spiece.model, …), a tiktoken file and tekken.json that is there, with the special tokens of
 * tokenizer_config.json, special_tokens_map.json and added_tokens.json.
 *
 * @param size rows of E
 * @param config the model's config.json: its `bos_token_id` and the like count where no other file names a special
 *   token
 * @throws `TOKENIZER_INVALID` when a file is there but broken, `LFS_POINTER` when it is only a pointer
 */
export async function readVocabulary(
  folder: SourceFolder,
  size: number,
  config?: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<FoundVocabulary> {
  for (const name of Object.keys(READERS)) {
    const found = await readOne(folder, name, size, config, signal);
    if (found) return found;
  }
  const listed = (await folder.list()) ?? [];
  const tiktoken = listed.find((name) => /^[^/]+\.tiktoken$/.test(name));
  const found = tiktoken && (await readOne(folder, tiktoken, size, config, signal));
  if (found) return found;
  const other = listed.find((name) => /^(tokenizer|spm|sentencepiece|vocab)[^/]*$/i.test(name) && !KNOWN.test(name));
  if (other === undefined) return {};
  return {
    note: `Of the tokenizer only ${other} is there, which cannot be read: put its tokenizer.json beside the weights.`,
  };
}

async function readOne(
  folder: SourceFolder,
  name: string,
  size: number,
  config: Readonly<Record<string, unknown>> | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundVocabulary | undefined> {
  const bytes = await readBytes(folder, name, signal);
  if (bytes === undefined) return undefined;
  const read = READERS[name] ?? vocabularyFromTiktoken;
  if (read === sentencePieceOrTiktoken && !isTiktoken(bytes) && isNumberedOtherwise(name, config?.model_type))
    return {
      note: `The tokenizer ${name} cannot be read: ${String(config?.model_type)} numbers its tokens otherwise than the file does; put its tokenizer.json beside the weights.`,
    };
  return { vocabulary: read(bytes, size, { ...(await readExtras(folder, signal)), config }, name) };
}

type Reader = (bytes: Uint8Array, size: number, extras: TokenizerExtras, file: string) => Vocabulary;

const sentencePieceOrTiktoken: Reader = (bytes, ...rest) =>
  (isTiktoken(bytes) ? vocabularyFromTiktoken : vocabularyFromSentencePiece)(bytes, ...rest);

/** By preference: what says most about its tokens first. */
const READERS: Readonly<Record<string, Reader>> = {
  'tokenizer.json': vocabularyFromTokenizerJson,
  'vocab.json': vocabularyFromVocabJson,
  'vocab.txt': vocabularyFromVocabTxt,
  'tokenizer.model': sentencePieceOrTiktoken,
  'spiece.model': sentencePieceOrTiktoken,
  'spm.model': sentencePieceOrTiktoken,
  'sentencepiece.bpe.model': sentencePieceOrTiktoken,
  'tiktoken.model': vocabularyFromTiktoken,
  'tekken.json': vocabularyFromTekken,
};

/** Files beside a tokenizer, which are none. */
const KNOWN = /(^|\/)(tokenizer_config|tokenizer\.config)\.json$|\.(py|md|safetensors|bin|gguf)$/i;

async function readExtras(folder: SourceFolder, signal: AbortSignal | undefined): Promise<TokenizerExtras> {
  const object = async (name: string) => {
    const bytes = await readBytes(folder, name, signal);
    return bytes === undefined ? undefined : parseObject(bytes, name);
  };
  return {
    tokenizerConfig: await object('tokenizer_config.json'),
    specialTokensMap: await object('special_tokens_map.json'),
    addedTokens: await object('added_tokens.json'),
  };
}

async function readBytes(
  folder: SourceFolder,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const source = await folder.open(name);
  if (!source) return undefined;
  try {
    if (source.byteLength > MAX_BYTES) {
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected ${name} to have at most ${MAX_BYTES} bytes, it has ${source.byteLength}; it is no tokenizer's file.`,
      );
    }
    const bytes = await source.slice(0, source.byteLength, signal);
    refuseLfsPointer(bytes, name);
    return bytes;
  } finally {
    await source.close?.();
  }
}
