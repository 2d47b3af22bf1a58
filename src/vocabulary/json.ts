import { WeightscopeError } from '../errors.ts';
import { JsonError, parseJson, withoutMark } from '../json.ts';
import { describe } from '../quote.ts';

export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** `json` as an object, parsed if it is text or bytes; anything else is `TOKENIZER_INVALID`, naming `file`. */
export function parseObject(json: unknown, file: string): Record<string, unknown> {
  const value =
    typeof json === 'string' || json instanceof Uint8Array
      ? parsing(file, () =>
          parseJson(typeof json === 'string' ? json : withoutMark(json), { python: true, maxValues: MAX_VALUES }),
        )
      : json;
  const record = asRecord(value);
  if (!record) throw invalid(file, 'a JSON object', describe(value));
  return record;
}

export const MAX_VALUES = 4_000_000;

/** Runs `read`; what is no JSON in `file` becomes `TOKENIZER_INVALID`. */
export function parsing<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new WeightscopeError(
      'TOKENIZER_INVALID',
      `Expected ${file} to be JSON, but it does not parse: ${cause.message}; download it again.`,
      { cause },
    );
  }
}

export function invalid(file: string, expected: string, found: string): WeightscopeError {
  return new WeightscopeError(
    'TOKENIZER_INVALID',
    `Expected ${file} to hold ${expected}, found ${found}; use the tokenizer files that belong to the checkpoint.`,
  );
}
