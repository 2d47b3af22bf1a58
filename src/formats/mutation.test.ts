import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../test/bytes.ts';
import { WeightscopeError } from '../errors.ts';
import { memorySource } from '../source/memory.ts';
import { readNpy } from './npy/read.ts';
import { openTensorFile } from './open.ts';
import { readTensor } from './read.ts';

/**
 * Valid files, broken at random: whatever the bytes, a reader answers or throws a WeightscopeError, never another
 * error, and never holds more than the file can account for.
 */
const MUTATED_RUNS = 1500;

/**
 * A place in a file, from 0 to 1. Without fast-check's preference for small numbers: all of the header is of interest.
 */
const place = fc.noBias(fc.nat(1e6)).map((n) => n / 1e6);

/** One change to a file: a byte, a number of 1 to 8 bytes, a cut, or a piece put elsewhere. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }),
  fc.record({
    kind: fc.constant('number' as const),
    at: place,
    value: fc.oneof(
      fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
    bytes: fc.constantFrom(4, 8),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({
    kind: fc.constant('splice' as const),
    at: place,
    from: place,
    length: fc.nat(64),
    remove: fc.nat(64),
  }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** `reach` bytes from the start are where changes go: the header, mostly. */
function mutate(bytes: Uint8Array, mutations: Mutation[], reach: number): Uint8Array {
  let out = Buffer.from(bytes);
  for (const change of mutations) {
    const at = Math.floor(change.at * Math.min(reach, out.length));
    if (change.kind === 'byte' && at < out.length) out[at] = change.value;
    else if (change.kind === 'cut') out = out.subarray(0, Math.floor(change.at * out.length));
    else if (change.kind === 'number') {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(change.value);
      number.copy(out, at, 0, change.bytes);
    } else if (change.kind === 'splice') {
      const from = Math.floor(change.from * Math.min(reach, out.length));
      const piece = Buffer.from(out.subarray(from, from + change.length));
      out = Buffer.concat([out.subarray(0, at), piece, out.subarray(at + change.remove)]);
    }
  }
  return out;
}

/** Reads all of a weights file and gives the number of weights. */
async function readAll(bytes: Uint8Array): Promise<number> {
  const file = await openTensorFile(memorySource(bytes));
  let count = 0;
  for (const info of file.tensors.values()) count += (await readTensor(info)).length;
  return count;
}

async function survives(attempt: () => unknown): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof WeightscopeError)) throw error;
    expect(error.message).toMatch(/\.$/);
    expect(error.message.length).toBeLessThan(1000);
  }
}

function headerEnd(bytes: Uint8Array): number {
  return 8 + Number(Buffer.from(bytes).readBigUInt64LE(0));
}

const safetensors = readFileSync(fixture('formats/dtypes.safetensors'));
const gguf = readFileSync(fixture('gguf/blocks.gguf'));
const npy = readFileSync(fixture('formats/npy/fortran.npy'));

describe('broken files give clear errors only', () => {
  test.each<[string, Uint8Array, number, (bytes: Uint8Array) => unknown]>([
    ['safetensors', safetensors, headerEnd(safetensors), readAll],
    ['gguf', gguf, 1500, readAll],
    ['npy', npy, 128, readNpy],
  ])('%s', (_, bytes, reach, read) =>
    fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) =>
        survives(() => read(mutate(bytes, mutations, reach))),
      ),
      { numRuns: MUTATED_RUNS },
    ),
  );

  test('safetensors whose header is any JSON', () =>
    fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(40), (json, dataLength) => {
        const text = Buffer.from(json);
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(text.length));
        return survives(() => readAll(Buffer.concat([length, text, Buffer.alloc(dataLength)])));
      }),
      { numRuns: MUTATED_RUNS },
    ));

  test('any bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await survives(() => readAll(bytes));
        await survives(() => readAll(Buffer.concat([Buffer.from('GGUF\x03\0\0\0'), bytes])));
        await survives(() => readNpy(bytes));
      }),
      { numRuns: MUTATED_RUNS },
    ));
});
