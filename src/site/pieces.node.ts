import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { throwIfAborted } from '../errors.ts';
import { BLOCK_BYTES } from '../source/blocks.ts';
import { type PiecedFile, pieceName } from '../source/pieces.ts';
import type { SourceFolder } from '../source/source.ts';

/** Some files of a folder. */
export interface FolderPart {
  source: SourceFolder;
  names: readonly string[];
}

export interface PiecesOptions {
  /** Each file as one piece: small ones that are read whole. */
  whole?: boolean;
  /** What progress says; default that weights are written. */
  what?: string;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/**
 * Writes files in pieces below `root`, in a folder whose name has a hash of what they are: other files are other
 * addresses, so that whatever a browser or host has kept of a site of before is never taken for a piece of this one.
 */
export async function writePieces(
  { source, names }: FolderPart,
  root: string,
  at: string,
  { whole = false, what = 'writing the weights in pieces', signal, progress }: PiecesOptions = {},
): Promise<{ folder: string; files: Record<string, PiecedFile> }> {
  const sources = await Promise.all(
    names.map(async (name) => {
      const file = (await source.open(name))!;
      // Small files are known by what is in them, so that the same site is written twice alike.
      const version = whole ? hash(await file.slice(0, file.byteLength)) : file.version;
      return { name, file, version };
    }),
  );
  const digest = createHash('sha256');
  for (const { name, file, version } of sources) digest.update(`${name} ${file.byteLength} ${version}\n`);
  const folder = `${at}-${digest.digest('hex').slice(0, 12)}`;
  const total = sources.reduce((sum, { file }) => sum + file.byteLength, 0);
  const files: Record<string, PiecedFile> = {};
  let done = 0;
  for (const { name, file, version } of sources) {
    const bytes = file.byteLength;
    const pieceBytes = whole ? Math.max(1, bytes) : BLOCK_BYTES;
    files[name] = { bytes, pieceBytes, version };
    for (let piece = 0; piece * pieceBytes < bytes; piece++) {
      throwIfAborted(signal);
      const start = piece * pieceBytes;
      const data = await file.slice(start, Math.min(bytes, start + pieceBytes), signal);
      const path = join(root, folder, pieceName(name, piece));
      await mkdir(dirname(path), { recursive: true });
      const out = await open(path, 'w');
      try {
        await out.writeFile(data);
      } finally {
        await out.close();
      }
      done += data.length;
      progress?.(done / total, what);
    }
    await file.close?.();
  }
  return { folder: folder.split(sep).join('/'), files };
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
