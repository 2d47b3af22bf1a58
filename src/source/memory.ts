import { checkFileName, checkRange } from './range.ts';
import type { Source, SourceFolder } from './source.ts';

let made = 0;

/** Bytes in memory. Slices are views, nothing is copied: the bytes must not change while the source is in use. */
export function memorySource(bytes: Uint8Array, name = 'memory'): Source {
  const source: Source = {
    name,
    byteLength: bytes.byteLength,
    // Nothing tells two arrays of one length apart without reading them, so each source is its own version.
    version: `memory-${bytes.byteLength}-${++made}`,
    async slice(start, end, signal) {
      checkRange(source, start, end, signal);
      return bytes.subarray(start, end);
    },
  };
  return source;
}

/** A folder made of a record of byte arrays: `{'config.json': bytes, 'model.safetensors': bytes}`. */
export function memoryFolder(files: Readonly<Record<string, Uint8Array>>, name = 'memory'): SourceFolder {
  const sources = new Map<string, Source>();
  for (const [file, bytes] of Object.entries(files)) sources.set(file, memorySource(bytes, `${name}/${file}`));
  return {
    name,
    async open(file) {
      checkFileName(file);
      return sources.get(file);
    },
    async list() {
      return [...sources.keys()].sort();
    },
  };
}
