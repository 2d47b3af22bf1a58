import { once } from 'node:events';
import { fstatSync, writeSync } from 'node:fs';
import { unwritable } from '../../source/whole-file.node.ts';

const NAME = 'standard output';
let byHand: boolean | undefined;

/**
 * Whether standard output is a file or a device that is no terminal. Node would take a part that was written for the
 * whole, and the rest of it would be missing where a disk is full.
 */
function isFile(): boolean {
  if (byHand === undefined) {
    const { fd } = process.stdout;
    try {
      const found = fstatSync(fd);
      byHand = !process.stdout.isTTY && (found.isFile() || found.isCharacterDevice());
    } catch {
      byHand = false;
    }
  }
  return byHand;
}

/** Writes to standard output at once; false where more should wait until it is drained. Throws `OUTPUT_UNWRITABLE`. */
export function writeNow(piece: string | Uint8Array): boolean {
  if (!isFile()) return process.stdout.write(piece);
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(process.stdout.fd, bytes, done, bytes.length - done);
  } catch (cause) {
    throw unwritable(NAME, cause);
  }
  return true;
}

/**
 * Writes with regard to backpressure, so that a long list to a slow pipe is not held twice. Throws `OUTPUT_UNWRITABLE`.
 */
export async function writeOut(pieces: Iterable<string> | AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (!writeNow(piece)) await once(process.stdout, 'drain');
  }
}
