import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Source } from './source.ts';

/** Throws `OUT_OF_RANGE` unless `[start, end)` lies within the source, and `ABORTED` when `signal` has fired. */
export function checkRange(
  source: Pick<Source, 'name' | 'byteLength'>,
  start: number,
  end: number,
  signal?: AbortSignal,
) {
  throwIfAborted(signal);
  if (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= source.byteLength
  )
    return;
  throw new WeightscopeError(
    'OUT_OF_RANGE',
    `Expected a byte range within the ${source.byteLength} bytes of ${source.name}, got ${start} to ${end}.`,
  );
}

/** Throws `ARGUMENT_INVALID` for a name that would leave its folder: absolute, or with `.` or `..` in it. */
export function checkFileName(name: string): void {
  const parts = name.split(/[/\\]/);
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..') && !/^[a-z]:/i.test(name)) return;
  throw new WeightscopeError('ARGUMENT_INVALID', `Expected the name of a file inside the folder, got ${quote(name)}.`);
}
