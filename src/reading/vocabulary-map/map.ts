import { defaultEngine } from '../../engine/select.ts';
import type { Model } from '../../model/types.ts';
import { stage } from '../applied.ts';
import { embedding, embeddingOf, leftOutRows } from '../embedding.ts';
import { squared } from '../powers.ts';
import type { ReadOptions } from '../types.ts';
import { layOut } from './layout.ts';
import { principalComponents } from './principal.ts';

/** In so many dimensions neighbours are looked for: in all of them it would take V²·d. */
const DIMENSIONS = 32;
const NEIGHBOURS = 10;

const kept = new WeakMap<Model, Map<string, Promise<Float32Array>>>();

/**
 * Where each row of E lies on a map of the whole vocabulary, [V, 2] in [-1, 1]: near each other means alike in
 * embedding space. Made of the first 32 principal components of the rows' directions, the ten nearest of each token by
 * their dot product there, and UMAP's descent (McInnes, Healy and Melville 2018). A map, not a measurement: the axes
 * have no unit. Seeded, made once per model. Throws `ABORTED`.
 */
export function vocabularyMap(model: Model, options: ReadOptions = {}): Promise<Float32Array> {
  const which = embeddingOf(undefined, options.embedding);
  const maps = kept.get(model) ?? new Map<string, Promise<Float32Array>>();
  kept.set(model, maps);
  const known = maps.get(which);
  if (known) return known;
  const made = make(model, options);
  maps.set(which, made);
  // Who was the first may leave; the next one begins anew.
  made.catch(() => maps.delete(which));
  return made;
}

async function make(model: Model, options: ReadOptions): Promise<Float32Array> {
  const { signal } = options;
  const which = embeddingOf(undefined, options.embedding);
  const e = await embedding(model, which, signal);
  const reduced = await principalComponents(e, DIMENSIONS, stage(options, 'principal components'));
  unitRows(reduced.data, reduced.columns);
  const engine = options.engine ?? (await defaultEngine());
  const mask = new Uint8Array(e.rows).fill(1);
  for (const row of await leftOutRows(model, which, signal)) mask[row] = 0;
  const { top } = await engine.topRows(reduced, reduced, { ...stage(options, 'neighbours'), k: NEIGHBOURS + 1, mask });
  const start = new Float32Array(2 * e.rows);
  for (let i = 0; i < e.rows; i++) {
    start[2 * i] = reduced.data[i * reduced.columns];
    start[2 * i + 1] = reduced.columns > 1 ? reduced.data[i * reduced.columns + 1] : 0;
  }
  return layOut(start, top!, stage(options, 'laying the map out'));
}

/** Each row of length 1, so that dot products are cosines. */
function unitRows(data: Float32Array, columns: number): void {
  for (let at = 0; at < data.length; at += columns) {
    let square = 0;
    for (let d = 0; d < columns; d++) square += squared(data[at + d]);
    const length = Math.sqrt(square) || 1;
    for (let d = 0; d < columns; d++) data[at + d] /= length;
  }
}
