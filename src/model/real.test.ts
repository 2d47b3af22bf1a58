import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fileFolder } from '../source/file.node.ts';
import { openCheckpoint } from './open.ts';

const MODELS = process.env.WEIGHTSCOPE_MODELS;
const has = (name: string) => MODELS !== undefined && existsSync(`${MODELS}/${name}`);
const open = async (name: string) => openCheckpoint(await fileFolder(`${MODELS}/${name}`));

describe.skipIf(!has('smollm2'))('SmolLM2 as GGUF (needs WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR)', () => {
  test('opens by its header alone', async () => {
    const model = await open('smollm2');
    expect([model.architecture, model.modelType]).toEqual(['llama', 'llama']);
    expect(model.dimensions).toEqual({
      layers: 30,
      hidden: 576,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      neurons: 1536,
      vocab: 49152,
      experts: 0,
      gated: true,
    });
    expect(model.vocabulary?.tokens).toBe(49152);
    await model.close();
  });
});

describe.skipIf(!has('minilm'))(
  'MiniLM as safetensors (needs WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR)',
  () => {
    test('is BERT without the prefix and without a head', async () => {
      const model = await open('minilm');
      expect([model.architecture, model.dimensions.layers, model.dimensions.hidden]).toEqual(['bert', 6, 384]);
      expect(model.parameters.get('unembed')!.tensors).toEqual(['embeddings.word_embeddings.weight']);
      await model.close();
    });
  },
);

describe.skipIf(!has('smollm2') || !has('smollm2-hf'))(
  'SmolLM2 as GGUF and as safetensors (needs WEIGHTSCOPE_MODELS=DIR, filled by test/models.sh DIR hf)',
  () => {
    test('have the same parameters to the bit', async () => {
      const [gguf, hf] = [await open('smollm2'), await open('smollm2-hf')];
      expect([...gguf.parameters.keys()].sort()).toEqual([...hf.parameters.keys()].sort());
      for (const [name, parameter] of gguf.parameters) {
        const other = hf.parameters.get(name)!;
        expect(parameter.shape, name).toEqual(other.shape);
        const [a, b] = [await parameter.read(), await other.read()];
        expect(Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)), name).toBe(0);
      }
      await Promise.all([gguf.close(), hf.close()]);
    });
  },
);
