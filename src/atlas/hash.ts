import type { Model } from '../model/types.ts';

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array | string): Promise<string> {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  const digest = await crypto.subtle.digest('SHA-256', data as BufferSource);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** JSON with the keys of every object sorted, so that equal values have equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Bytes looked at from the start, the middle and the end of a tensor. */
const SAMPLE = 1024;
/** Tensors whose bytes are looked at: reading every one of a large model over HTTP would take minutes. */
const SAMPLED_TENSORS = 256;

/**
 * Hash of a checkpoint that does not depend on where it lies or when it was copied, unlike `model.fingerprint`: every
 * tensor's name, type, shape and length, the config, and 3 x 1 KB of the bytes of up to 256 tensors evenly spread.
 * Two trainings of one architecture differ; a change of a few bytes in the middle of a tensor may not be noticed.
 */
export async function checkpointHash(model: Model, signal?: AbortSignal): Promise<string> {
  const tensors = [...model.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const header = tensors.map(({ name, dtype, shape, start, end }) => [name, dtype, shape, end - start]);
  const step = Math.max(1, Math.ceil(tensors.length / SAMPLED_TENSORS));
  const samples: string[] = [];
  for (let i = 0; i < tensors.length; i += step) {
    const { source, start, end } = tensors[i];
    const middle = start + Math.floor((end - start) / 2);
    for (const from of [start, Math.min(middle, end), Math.max(start, end - SAMPLE)]) {
      const bytes = await source.slice(from, Math.min(from + SAMPLE, end), signal);
      samples.push(await sha256(bytes));
    }
  }
  const config = canonical(JSON.parse(JSON.stringify(model.config, (_, v) => (typeof v === 'bigint' ? `${v}` : v))));
  // A model that was not read from tensors alone (made in memory, or of other models) has its own fingerprint.
  const made = tensors.length === 0 || model.derived === true;
  return sha256(JSON.stringify([header, samples, config, made ? model.fingerprint : '']));
}
