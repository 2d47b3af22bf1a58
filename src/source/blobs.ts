import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { checkFileName, checkRange } from './range.ts';
import type { Source, SourceFolder } from './source.ts';

/**
 * A file that a person chose or dropped on a page: a browser's `File`, or a `Blob`. Nothing is read but what is asked
 * for.
 */
export function blobSource(blob: Blob, name: string): Source {
  const { lastModified } = blob as Partial<File>;
  const source: Source = {
    name,
    byteLength: blob.size,
    version: `${blob.size}-${lastModified ?? ''}`,
    async slice(start, end, signal) {
      checkRange(source, start, end, signal);
      try {
        const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
        throwIfAborted(signal);
        return bytes;
      } catch (cause) {
        if (cause instanceof WeightscopeError) throw cause;
        // Browsers compare the file with what was chosen, and refuse one that is another now.
        throw new WeightscopeError(
          'SOURCE_CHANGED',
          `The file ${name} cannot be read any more, or changed since it was chosen; choose it again.`,
          { cause },
        );
      }
    },
  };
  return source;
}

/** Files by their paths in the folder that they were chosen with. */
export function blobFolder(files: ReadonlyMap<string, Blob>, name: string): SourceFolder {
  return {
    name,
    async open(file) {
      checkFileName(file);
      const blob = files.get(file);
      return blob && blobSource(blob, file);
    },
    async list() {
      return [...files.keys()].sort();
    },
  };
}
