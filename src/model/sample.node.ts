import { inPackage } from '../package.node.ts';

/** The built-in model's file, and the normalisers that ship with it. */
export const SAMPLE = inPackage('models/sample.gguf');
export const SAMPLE_NORMALISERS = inPackage('models/normalisers/sample.safetensors');
