import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAtlas, openAtlas } from '../src/atlas/atlas.node.ts';
import { referenceEngine } from '../src/engine/reference/reference.ts';
import type { Served, ServedModel } from '../src/questions/opened.ts';
import { type TinyModel, tinyModel } from './tiny-model.ts';

export const WORDS = [
  ' king',
  'king',
  'King',
  ' kings',
  'queen',
  ' queens',
  'a',
  ' an',
  'than',
  ' then',
  'say "hi", you',
  '',
];

export interface TinyServed extends Served {
  models: ServedModel[];
  tiny: TinyModel;
  remove(): Promise<void>;
}

/**
 * Tiny models to be served: `tiny` live, `both` live with an atlas that has statistics, `atlas` an atlas alone (of
 * another model), `bare` without a tokenizer.
 */
export async function tinyServed(): Promise<TinyServed> {
  const root = await mkdtemp(join(tmpdir(), 'weightscope-served-'));
  const engine = referenceEngine();
  const [tiny, other] = [tinyModel({ words: WORDS }), tinyModel({ words: WORDS, seed: 2 })];
  const built = async (model: TinyModel, name: string, what?: ['neurons', 'heads', 'statistics']) => {
    await buildAtlas(model, join(root, name), { top: 6, pairs: 20, columns: 5, engine, what });
    return openAtlas(join(root, name));
  };
  const models: ServedModel[] = [
    { id: 'tiny', name: 'tiny', model: tiny },
    { id: 'both', name: 'both', model: tiny, atlas: await built(tiny, 'one', ['neurons', 'heads', 'statistics']) },
    { id: 'atlas', name: 'atlas', model: undefined, atlas: await built(other, 'two') },
    { id: 'bare', name: 'bare', model: tinyModel({ seed: 3 }) },
  ];
  return {
    version: '1.2.3',
    models,
    engine,
    tiny,
    async remove() {
      for (const { atlas } of models) atlas?.close();
      await rm(root, { recursive: true });
    },
  };
}
