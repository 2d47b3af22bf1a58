import type { Matrix } from '../src/engine/engine.ts';
import type { Dimensions, Model, Parameter } from '../src/model/types.ts';
import { seeded } from '../src/reading/random.ts';
import type { Cache } from '../src/source/source.ts';
import type { Token, TokenFilters, Vocabulary } from '../src/vocabulary/types.ts';

/** Tiny random models in memory, for tests: every parameter is an array that tests can compute with themselves. */
export interface TinyModel extends Model {
  readonly arrays: ReadonlyMap<string, Matrix>;
  /** Vectors read so far, by parameter. */
  readonly reads: Map<string, number>;
}

export interface TinyOptions extends Partial<Dimensions> {
  seed?: number;
  /** Rounds values to multiples of 1/4 so that many scores are equal. */
  coarse?: boolean;
  cache?: Cache;
  words?: readonly string[];
}

export function tinyModel(options: TinyOptions = {}): TinyModel {
  const { seed = 1, coarse, cache, words, ...sizes } = options;
  const dimensions: Dimensions = {
    layers: 2,
    hidden: 8,
    heads: 4,
    kvHeads: 2,
    headDim: 3,
    neurons: 6,
    vocab: 30,
    experts: 0,
    gated: true,
    ...sizes,
  };
  const { layers, hidden, heads, kvHeads, headDim, neurons, vocab, experts, gated } = dimensions;
  const random = seeded(seed);
  const arrays = new Map<string, Matrix>();
  const reads = new Map<string, number>();
  const parameters = new Map<string, Parameter>();
  const add = (name: string, shape: number[], count: number, width = hidden) => {
    const value = () => (coarse ? Math.round(random() * 8 - 4) / 4 : random() * 2 - 1);
    const data = Float32Array.from({ length: count * width }, value);
    arrays.set(name, { data, rows: count, columns: width, name });
    parameters.set(name, {
      name,
      shape,
      count,
      width,
      tensors: [name],
      async read(start = 0, end = count) {
        reads.set(name, (reads.get(name) ?? 0) + end - start);
        return data.slice(start * width, end * width);
      },
    });
  };
  add('embed', [vocab, hidden], vocab);
  add('unembed', [vocab, hidden], vocab);
  add('positions', [10, hidden], 10);
  add('norm.final', [hidden], 1);
  for (let layer = 0; layer < layers; layer++) {
    const of = `layer.${layer}`;
    for (const prefix of experts === 0 ? ['ff'] : Array.from({ length: experts }, (_, i) => `ff.${i}`)) {
      for (const part of gated ? ['key', 'up', 'value'] : ['key', 'value'])
        add(`${of}.${prefix}.${part}`, [neurons, hidden], neurons);
    }
    add(`${of}.attn.q`, [heads, hidden, headDim], heads * headDim);
    add(`${of}.attn.k`, [kvHeads, hidden, headDim], kvHeads * headDim);
    add(`${of}.attn.v`, [kvHeads, hidden, headDim], kvHeads * headDim);
    add(`${of}.attn.o`, [heads, headDim, hidden], heads * headDim);
    add(`${of}.attn.o_bias`, [hidden], 1);
    add(`${of}.norm.attn`, [hidden], 1);
    add(`${of}.norm.ff`, [hidden], 1);
  }
  return {
    name: 'tiny',
    architecture: 'llama',
    modelType: 'llama',
    dimensions,
    config: {},
    parameters,
    tensors: new Map(),
    vocabulary: words && tinyVocabulary(words, vocab),
    fingerprint: `tiny-${seed}`,
    cache,
    notes: ['made of random numbers'],
    close: async () => undefined,
    arrays,
    reads,
  };
}

/** Token i is `words[i]`; rows of E beyond the words are padding. Filters: `onlyFrom` alone. */
export function tinyVocabulary(words: readonly string[], size: number): Vocabulary {
  const text = (id: number) => words[id] ?? `[pos${id - words.length}]`;
  const token = (id: number): Token => ({ id, token: text(id), label: text(id).replace(/^ /, '·') });
  const normal = (id: number) => text(id).trim().toLowerCase();
  return {
    kind: 'plain',
    size,
    tokens: words.length,
    piece: (id) => words[id],
    text,
    label: (id) => token(id).label,
    token,
    find: (wanted) => words.flatMap((word, id) => (word === wanted ? [id] : [])),
    isSpecial: () => false,
    isPadding: (id) => id >= words.length,
    normal,
    mask: (filters: TokenFilters) =>
      Uint8Array.from({ length: size }, (_, id) => Number(!filters.onlyFrom || filters.onlyFrom.includes(normal(id)))),
  };
}

/** A cache in memory. */
export function memoryCache(): Cache & { files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    get: async (name) => files.get(name),
    put: async (name, bytes) => {
      files.set(name, bytes);
    },
  };
}
