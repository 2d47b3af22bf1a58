import { cut, printable } from './quote.ts';

/** Stable codes of every error a person can meet. A code never changes its meaning; new ones may be added. */
export type ErrorCode =
  // where bytes come from
  | 'SOURCE_NOT_FOUND'
  | 'SOURCE_UNREADABLE'
  | 'SOURCE_TRUNCATED'
  | 'SOURCE_CHANGED'
  | 'NETWORK'
  | 'UNAUTHORIZED'
  // files
  | 'FORMAT_UNKNOWN'
  | 'FORMAT_INVALID'
  | 'FORMAT_LIMIT'
  | 'FORMAT_UNSUPPORTED'
  | 'LFS_POINTER'
  // checkpoints
  | 'CONFIG_MISSING'
  | 'CONFIG_INVALID'
  | 'ARCHITECTURE_UNKNOWN'
  | 'TENSOR_MISSING'
  | 'TENSOR_SHAPE'
  | 'PARAMETER_UNKNOWN'
  | 'TOKENIZER_MISSING'
  | 'TOKENIZER_INVALID'
  | 'TOKEN_UNKNOWN'
  // questions
  | 'OUT_OF_RANGE'
  | 'ARGUMENT_INVALID'
  | 'EXPRESSION_INVALID'
  | 'NOT_FINITE'
  // engines
  | 'ENGINE_UNAVAILABLE'
  | 'ENGINE_FAILED'
  | 'ABORTED'
  // atlases
  | 'ATLAS_EXISTS'
  | 'ATLAS_INVALID'
  | 'ATLAS_MISMATCH'
  | 'ATLAS_NEWER'
  | 'QUERY_INVALID'
  // many machines
  | 'PACKAGE_MISSING'
  | 'QUEUE_UNAVAILABLE'
  | 'QUEUE_EVICTS'
  | 'UNIT_FAILED'
  // the server
  | 'ROUTE_UNKNOWN'
  | 'MODEL_UNKNOWN'
  | 'MODEL_UNAVAILABLE'
  | 'ATLAS_MISSING'
  | 'TOKEN_REQUIRED'
  | 'HOST_REFUSED'
  | 'TOO_LARGE'
  | 'TOO_BUSY'
  | 'INTERNAL'
  // command line
  | 'USAGE'
  | 'CHECK_FAILED'
  | 'OUTPUT_UNWRITABLE';

/** Longer messages have their middle left out: lists of known names are the longest that are meant. */
const MAX_MESSAGE = 4000;

/**
 * The one error class of the library: a sentence that says what was expected, what was found and what to do, with a
 * stable {@link ErrorCode} for programs and the original error as `cause`. Whatever a file put into the sentence, it is
 * one line, of bounded length, with no character that a terminal would obey; `below` are lines after it.
 */
export class WeightscopeError extends Error {
  override readonly name = 'WeightscopeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, { below = [], cause }: { below?: string[]; cause?: unknown } = {}) {
    const lines = [message, ...below].map((line) => printable(cut(line, MAX_MESSAGE)));
    super(lines.join('\n'), cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Throws `ABORTED` when `signal` has fired; long loops call it once per block of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new WeightscopeError('ABORTED', 'The operation was cancelled.', { cause: signal.reason });
}
