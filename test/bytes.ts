import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type ErrorCode, WeightscopeError } from '../src/errors.ts';
import type { Source } from '../src/source/source.ts';

/** The path of a file under test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A source that counts what is read of another. */
export function countingSource(source: Source): Source & { bytesRead: number; reads: [start: number, end: number][] } {
  return {
    name: source.name,
    byteLength: source.byteLength,
    version: source.version,
    bytesRead: 0,
    reads: [],
    slice(start, end, signal) {
      this.bytesRead += end - start;
      this.reads.push([start, end]);
      return source.slice(start, end, signal);
    },
  };
}

/** The chunks of an (async) iterable as one array. */
export async function concat(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return new Uint8Array(Buffer.concat(parts));
}

/** Expects a WeightscopeError of this code whose message matches, and nothing else. */
export async function expectError(
  attempt: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  const error = await (typeof attempt === 'function' ? (async () => attempt())() : attempt).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(WeightscopeError);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
}
