import { WeightscopeError } from '../errors.ts';

export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** `json` as an object, parsed if it is text; anything else is `TOKENIZER_INVALID`, naming `file`. */
export function parseObject(json: unknown, file: string): Record<string, unknown> {
  let value = json;
  if (typeof json === 'string') {
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw new WeightscopeError(
        'TOKENIZER_INVALID',
        `Expected ${file} to be JSON, but it does not parse (${(cause as Error).message}); download it again.`,
        { cause },
      );
    }
  }
  const record = asRecord(value);
  if (!record) throw invalid(file, 'a JSON object', describe(value));
  return record;
}

export function invalid(file: string, expected: string, found: string): WeightscopeError {
  return new WeightscopeError(
    'TOKENIZER_INVALID',
    `Expected ${file} to hold ${expected}, found ${found}; use the tokenizer files that belong to the checkpoint.`,
  );
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return `${typeof value} ${String(JSON.stringify(value) ?? value).slice(0, 60)}`;
}
