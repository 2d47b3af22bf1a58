import { WeightscopeError } from '../../errors.ts';
import { meant } from '../../nearest.ts';

/** `value` when it is known, and then safe to stand in a query. Throws `ARGUMENT_INVALID`. */
export function checkOneOf<T extends string>(value: string, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Got "${value}"${meant(value, known)}; expected one of ${known.join(', ')}.`,
  );
}

/** Throws `ARGUMENT_INVALID` unless `value` is 0, 1, 2 … */
export function checkNumber(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new WeightscopeError('ARGUMENT_INVALID', `Expected a whole number, got ${value}.`);
}
