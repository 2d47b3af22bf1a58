import { createReadStream } from 'node:fs';
import { WeightscopeError } from '../errors.ts';

/** What a person gives beside the model is small; a larger file was named by mistake. */
const MAX_TEXT = 16_000_000;

/**
 * The bytes of a file that a person named, `-` for standard input; at most `limit`, whatever comes. `what` and `advice`
 * are for messages. Throws `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `TOO_LARGE`.
 */
export async function readGiven(path: string, what: string, advice: string, limit = MAX_TEXT): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
      length += chunk.length;
      if (length > limit)
        throw new WeightscopeError(
          'TOO_LARGE',
          `Expected ${what} of at most ${limit} bytes in ${nameOf(path)}, found more; ${advice}.`,
        );
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof WeightscopeError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new WeightscopeError(
      code === 'ENOENT' ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREADABLE',
      `Cannot read ${what} ${nameOf(path)} (${code ?? message}): ${advice}.`,
      { cause },
    );
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The same as text: UTF-8 with or without a mark at its beginning. Throws `ARGUMENT_INVALID` for UTF-16, too. */
export async function readGivenText(path: string, what: string, advice: string): Promise<string> {
  const bytes = await readGiven(path, what, advice);
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (wide || bytes.subarray(0, 1000).includes(0))
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected ${what} in UTF-8 in ${nameOf(path)}, found ${wide ? 'UTF-16' : 'bytes that are no text'}; save it as UTF-8.`,
    );
  return new TextDecoder().decode(bytes);
}

/** The lines of a file that a person named, trimmed, empty ones left out. */
export async function readGivenLines(path: string, what: string, advice: string): Promise<string[]> {
  const text = await readGivenText(path, what, advice);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What is searched for: the words that were typed, or any of a list. `USAGE` where there are neither, or both. */
export async function searched(text: readonly string[], list: string | undefined): Promise<string> {
  if (text.length > 0 === (list !== undefined))
    throw new WeightscopeError('USAGE', `Expected words or --any FILE, got ${list ? 'both' : 'neither'}.`);
  if (list === undefined) return text.join(' ');
  const words = await readGivenLines(list, 'the words', 'give a text file with one word per line');
  if (words.length === 0)
    throw new WeightscopeError('ARGUMENT_INVALID', `Expected a word per line in ${nameOf(list)}, found none.`);
  return words.join(' OR ');
}

const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);
