import type { Matrix } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import { readTensor } from '../formats/read.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { type TensorToWrite, writeSafetensors } from '../formats/safetensors/write.ts';
import type { Source } from '../source/source.ts';
import type { Stitching } from './stitch.ts';

/** The map of a file that readings go by, and between which models it leads. */
export interface StoredMap {
  /** S [dB, dA]. */
  matrix: Matrix;
  from: { name: string; fingerprint: string };
  /** `location`: where B was when the file was made: a path, a URL or a hub id. */
  to: { location: string; fingerprint: string };
}

/** A stitching as a safetensors file: T and S [dB, dA] in fp32, and in its metadata which models they belong to. */
export function writeStitching(found: Stitching, location: string): AsyncGenerator<Uint8Array> {
  const tensor = (name: string, { data, rows, columns }: Matrix): TensorToWrite => ({
    name,
    shape: [rows, columns],
    data,
  });
  return writeSafetensors([tensor('T', found.tokens.matrix), tensor('S', found.scores.matrix)], {
    'weightscope.stitch': '1',
    'weightscope.embedding': found.embedding,
    'weightscope.from': found.a,
    'weightscope.from.fingerprint': found.fingerprints.a,
    'weightscope.to': location,
    'weightscope.to.fingerprint': found.fingerprints.b,
    'weightscope.tokens': String(found.size),
  });
}

/** Reads what {@link writeStitching} wrote. Throws `FORMAT_INVALID` for any other file, `NOT_FINITE`. */
export async function readStitching(source: Source): Promise<StoredMap> {
  const { tensors, metadata } = await readSafetensors(source);
  const said = (key: string): string => String(metadata.get(`weightscope.${key}`) ?? '');
  const info = tensors.get('S');
  if (said('stitch') !== '1' || !info || info.shape.length !== 2)
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `Expected maps between two models in ${source.name}, as \`weightscope stitch A B -o T.safetensors\` writes them, found another safetensors file; or name the other model itself.`,
    );
  const [rows, columns] = info.shape;
  const data = await readTensor(info);
  return {
    matrix: { data, rows, columns, name: `S of ${source.name}` },
    from: { name: said('from'), fingerprint: said('from.fingerprint') },
    to: { location: said('to'), fingerprint: said('to.fingerprint') },
  };
}
