import { fileURLToPath } from 'node:url';

/** The built-in model's file, and the normalisers that ship with it; beside both src/ and dist/. */
export const SAMPLE = fileURLToPath(new URL('../../models/sample.gguf', import.meta.url));
export const SAMPLE_NORMALISERS = fileURLToPath(
  new URL('../../models/normalisers/sample.safetensors', import.meta.url),
);
