import { WeightscopeError } from '../errors.ts';
import { type BlockOptions, blockSource } from './blocks.ts';
import { checkFileName } from './range.ts';
import { type HttpOptions, readBody, retrying, send, TooLong, Transient } from './request.ts';
import type { SourceFolder } from './source.ts';

/** A file that lies on a web host as pieces of one size, so that a host without ranges can hand out a part of it. */
export interface PiecedFile {
  bytes: number;
  /** Of all pieces but the last. */
  pieceBytes: number;
  /** The `version` that its source has. */
  version: string;
}

/** `model.gguf` is stored as `model.gguf.0000`, `model.gguf.0001` …, an empty file as nothing. */
export const pieceName = (file: string, piece: number): string => `${file}.${String(piece).padStart(4, '0')}`;

/**
 * A folder whose files lie below a URL in pieces. What it has is known beforehand, so that nothing is asked for that is
 * not there. Reading throws `SOURCE_NOT_FOUND`, `SOURCE_CHANGED` (a piece of another length), `NETWORK`.
 */
export function piecesFolder(
  base: string | URL,
  files: Readonly<Record<string, PiecedFile>>,
  { store, remembered, ...http }: HttpOptions & Pick<BlockOptions, 'store' | 'remembered'> = {},
): SourceFolder {
  const name = new URL(base).href;
  return {
    name,
    async open(file) {
      checkFileName(file);
      const pieced = Object.hasOwn(files, file) ? files[file] : undefined;
      if (!pieced) return undefined;
      const { bytes, pieceBytes, version } = pieced;
      const url = (piece: number): string =>
        new URL(pieceName(file, piece).split('/').map(encodeURIComponent).join('/'), base).href;
      return blockSource(
        { name: `${name}${file}`, byteLength: bytes, version },
        (start, end, signal) => fetchPiece(url(start / pieceBytes), end - start, { ...http, signal }),
        { blockBytes: pieceBytes, atOnce: 1, store, remembered },
      );
    },
    async list() {
      return Object.keys(files).sort();
    },
  };
}

/** A whole file of this length; no more than that is taken. */
function fetchPiece(url: string, length: number, options: HttpOptions): Promise<Uint8Array> {
  return retrying(url, options, options.signal, async () => {
    const response = await send(url, { headers: options.headers, signal: options.signal }, options);
    const { status } = response;
    if (!response.ok) {
      await response.body?.cancel();
      if (status === 408 || status === 429 || status >= 500) throw new Transient(`answered with status ${status}`);
      throw new WeightscopeError(
        'SOURCE_NOT_FOUND',
        `Expected a piece of the model at ${url}, but the host answered with status ${status}; upload the whole folder that \`weightscope site\` wrote.`,
      );
    }
    const bytes = await readBody(response, length, url, options).catch((error) => {
      throw error instanceof TooLong ? changed(url, `more than ${length}`, length) : error;
    });
    if (bytes.length !== length) throw changed(url, String(bytes.length), length);
    return bytes;
  });
}

const changed = (url: string, found: string, expected: number): WeightscopeError =>
  new WeightscopeError(
    'SOURCE_CHANGED',
    `Expected a piece of ${expected} bytes at ${url}, found ${found} bytes; load the page anew, or upload the site again.`,
  );
