// Files with weights, configs and whole small models.
import { readFileSync } from 'node:fs';
import { json } from '../inputs/bytes.mjs';
import { config } from '../inputs/configs.mjs';
import { gguf } from '../inputs/gguf.mjs';
import { quantised } from '../inputs/quantised.mjs';
import { safetensors, WEIGHTS } from '../inputs/safetensors.mjs';
import { torch } from '../inputs/torch.mjs';
import { mutated, mutatedJson, or, word } from '../random.mjs';

const HEAD_BYTES = 3000;
/** Changes among the first bytes: the rest are weights. */
const mutatedHead = (bytes, random) =>
  Buffer.concat([mutated(bytes.subarray(0, HEAD_BYTES), random), bytes.subarray(HEAD_BYTES)]);
const here = (name) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

export async function weightsTargets(load) {
  const { memorySource, memoryFolder } = await load('source/memory');
  const { openTensorFile } = await load('formats/open');
  const { readTensor } = await load('formats/read');
  const { readShardedSafetensors } = await load('formats/safetensors/sharded');
  const { GGUF_TYPES } = await load('formats/gguf/types');
  const { resolveStorage } = await load('formats/quantised/resolve');
  const { readNpy } = await load('formats/npy/read');
  const { readConfig } = await load('model/config');
  const { openModel } = await load('model/open');
  const { WeightscopeError } = await load('errors');

  const readAll = async ({ tensors }) => {
    for (const info of tensors.values()) if (info.end - info.start < 1e6) await readTensor(info);
  };
  const readWeights = async (bytes) => readAll(await openTensorFile(memorySource(bytes)));
  const arrays = ['fortran', 'f2-big', 'i8-little', 'scalar', 'empty', 'version3'].map((name) =>
    here(`formats/npy/${name}.npy`),
  );
  const blocks = here('gguf/blocks.gguf');
  const models = ['falcon_40b', 'gemma2', 'smollm3', 'gpt2'].map((name) => here(`architectures/${name}/model.gguf`));
  const types = [...GGUF_TYPES.values()];

  return {
    safetensors: { make: safetensors, run: readWeights },
    index: {
      make: (random) => {
        const files = ['a.safetensors', 'b.safetensors'];
        const map = Object.fromEntries(random.times(6, () => [word(random), or(random, random.pick(files))]));
        return json(or(random, { metadata: or(random, {}), weight_map: or(random, map) }));
      },
      mutate: mutatedJson,
      run: (bytes) =>
        readShardedSafetensors(
          memoryFolder({ 'model.safetensors.index.json': bytes, 'a.safetensors': WEIGHTS, 'b.safetensors': WEIGHTS }),
        ),
    },
    torch: { make: torch, run: readWeights },
    quantised: {
      make: quantised,
      run: async (bytes) => {
        const file = await openTensorFile(memorySource(bytes));
        const { tensors } = await resolveStorage(file, { quantization_config: configIn(file) }, 'fuzzed');
        for (const info of tensors.values()) {
          const size = info.shape.reduce((a, b) => a * b, 1);
          if (size < 1e5) await readTensor(info).catch(unlessOurs);
        }
      },
    },
    gguf: { make: (random) => (random.chance(0.02) ? blocks : gguf(random)), run: readWeights },
    'gguf model': {
      make: (random) => (random.chance(0.5) ? random.pick(models) : gguf(random)),
      mutate: mutatedHead,
      run: (bytes) => openModel({ 'model.gguf': bytes }),
    },
    // Blocks of any bytes: numbers, whatever they are, and the same ones block by block.
    'gguf blocks': {
      make: (random) => {
        const type = random.below(types.length);
        const { blockBytes } = types[type];
        return Buffer.from([type, ...Array.from({ length: 3 * blockBytes }, () => random.below(256))]);
      },
      run: (bytes) => {
        const { name, blockSize, blockBytes, decode } = types[(bytes[0] ?? 0) % types.length];
        const count = Math.max(0, Math.floor((bytes.length - 1) / blockBytes));
        const data = bytes.subarray(1, 1 + count * blockBytes);
        const whole = new Float32Array(count * blockSize);
        decode(data, whole);
        const one = new Float32Array(blockSize);
        for (let block = 0; block < count; block++) {
          decode(data.subarray(block * blockBytes, (block + 1) * blockBytes), one);
          if (one.some((x, i) => !Object.is(x, whole[block * blockSize + i])))
            throw new Error(`block ${block} of ${name} is read otherwise alone`);
        }
      },
    },
    npy: { make: (random) => random.pick(arrays), run: readNpy },
    config: {
      make: (random) => json(config(random)),
      mutate: mutatedJson,
      run: (bytes) => readConfig(memoryFolder({ 'config.json': bytes })),
    },
    model: {
      make: (random) => json(config(random)),
      mutate: mutatedJson,
      run: (bytes) => openModel({ 'config.json': bytes, 'model.safetensors': WEIGHTS }),
    },
  };

  /** One tensor that is refused leaves the others. */
  function unlessOurs(error) {
    if (!(error instanceof WeightscopeError)) throw error;
  }
}

/** What stands in the metadata, where that is JSON still. */
function configIn({ metadata }) {
  try {
    return JSON.parse(String(metadata.get('config')));
  } catch {
    return {};
  }
}
