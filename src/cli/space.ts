import { stat } from 'node:fs/promises';
import { stitch } from '../compare/stitch.ts';
import { readStitching } from '../compare/stitching-file.ts';
import { translated } from '../compare/translated.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { openModel } from '../open.node.ts';
import { fileSource } from '../source/file.node.ts';

interface Context {
  model: Model;
  engine: Engine | undefined;
  signal: AbortSignal;
  progress: (done: number, what: string) => void;
}

/**
 * Works on the context's model in another model's space: that of the model called `name`, or of the one that a file of
 * `weightscope stitch` leads to. Throws `ARGUMENT_INVALID` where the file leads from another model, or to one that has
 * changed.
 */
export async function inSpaceOf<T>(name: string, context: Context, work: (model: Model) => Promise<T>): Promise<T> {
  const { model, engine, signal, progress } = context;
  const stored = (await isStitching(name)) ? await readStitching(await fileSource(name)) : undefined;
  if (stored && stored.from.fingerprint !== model.fingerprint)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a map from ${model.name} in ${name}, found one from ${stored.from.name}; make another with \`weightscope stitch\`.`,
    );
  const other = await openModel(stored?.to.location ?? name, { signal, progress });
  try {
    if (stored && stored.to.fingerprint !== other.fingerprint)
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        `Expected the model that ${name} leads to in ${stored.to.location}, found that it has changed since; make the map anew with \`weightscope stitch\`.`,
      );
    const map = stored?.matrix ?? (await stitch(model, other, { engine, signal, progress })).scores.matrix;
    return await work(translated(model, other, map));
  } finally {
    await Promise.allSettled([other.close()]);
  }
}

/** A safetensors file with the maps' mark; a model's own file is none. */
async function isStitching(name: string): Promise<boolean> {
  if (!/\.safetensors$/i.test(name) || !(await stat(name).catch(() => undefined))?.isFile()) return false;
  const { readSafetensors } = await import('../formats/safetensors/read.ts');
  const { metadata } = await readSafetensors(await fileSource(name));
  return metadata.has('weightscope.stitch');
}
