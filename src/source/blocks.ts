import { throwIfAborted } from '../errors.ts';
import { checkRange } from './range.ts';
import type { Source } from './source.ts';

/** A place that keeps blocks of files between visits. A failing `put` is not an error. */
export interface BlockStore {
  get(file: string, block: number): Promise<Uint8Array | undefined>;
  put(file: string, block: number, bytes: Uint8Array): Promise<void>;
}

export interface BlockOptions {
  /** Bytes of a block; the last one of a file may be shorter. Default 1 MiB. */
  blockBytes?: number;
  /** Neighbouring blocks that one `read` may bring; default 8. */
  atOnce?: number;
  store?: BlockStore;
  /** Blocks kept in memory: those of the rows that are looked at one after the other. Default 16. */
  remembered?: number;
}

export const BLOCK_BYTES = 1 << 20;
/** Reads under way at a time: as many as browsers have connections to one host. */
const PARALLEL = 6;
/**
 * A file that is read in whole blocks, so that what is near is there already and can be kept: `read(start, end)` brings
 * the bytes of one or several blocks. What is in the store is not read again.
 */
export function blockSource(
  file: Pick<Source, 'name' | 'byteLength' | 'version' | 'close'>,
  read: (start: number, end: number, signal?: AbortSignal) => Promise<Uint8Array>,
  { blockBytes = BLOCK_BYTES, atOnce = 8, store, remembered: most = 16 }: BlockOptions = {},
): Source {
  const key = `${file.name} ${file.version}`;
  const remembered = new Map<number, Uint8Array>();
  const remember = (block: number, bytes: Uint8Array): void => {
    remembered.delete(block);
    remembered.set(block, bytes);
    if (remembered.size > most) remembered.delete(remembered.keys().next().value!);
  };
  const source: Source = {
    ...file,
    async slice(start, end, signal) {
      checkRange(source, start, end, signal);
      const bytes = new Uint8Array(end - start);
      if (start === end) return bytes;
      const put = (block: number, data: Uint8Array): void => {
        const at = block * blockBytes;
        const [from, to] = [Math.max(start, at), Math.min(end, at + data.length)];
        bytes.set(data.subarray(from - at, to - at), from - start);
      };
      const last = Math.floor((end - 1) / blockBytes);
      const missing: number[] = [];
      for (let block = Math.floor(start / blockBytes); block <= last; block++) {
        const known = remembered.get(block) ?? (await store?.get(key, block));
        if (known) {
          remember(block, known);
          put(block, known);
        } else missing.push(block);
      }
      await inParallel(runsOf(missing, atOnce), PARALLEL, async ({ first, count }) => {
        throwIfAborted(signal);
        const from = first * blockBytes;
        const data = await read(from, Math.min(from + count * blockBytes, file.byteLength), signal);
        for (let i = 0; i < count; i++) {
          // A copy: what is remembered should not hold on to its neighbours.
          const block = data.slice(i * blockBytes, (i + 1) * blockBytes);
          put(first + i, block);
          remember(first + i, block);
          await store?.put(key, first + i, block);
        }
      });
      return bytes;
    },
  };
  return source;
}

/** Ascending numbers as runs of neighbours, none longer than `most`. */
function runsOf(numbers: readonly number[], most: number): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run.first + run.count === number && run.count < most) run.count++;
    else runs.push({ first: number, count: 1 });
  }
  return runs;
}

/** Works on all, at most `lanes` at a time; the first failure stops what has not begun. */
async function inParallel<T>(all: readonly T[], lanes: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      try {
        await work(all[next++]);
      } catch (error) {
        next = all.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, all.length) }, lane));
}
