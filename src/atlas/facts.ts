import type { Model, Parameter } from '../model/types.ts';
import { embeddingOf } from '../reading/embedding.ts';
import { expertOf, parametersOf, VECTOR_KINDS, type VectorKind } from '../reading/parameters.ts';
import { NEURON_PARTS } from '../reading/parts.ts';
import type { EmbeddingChoice, EmbeddingName, NeuronPart } from '../reading/types.ts';

/** Neurons that lie in one parameter: a layer's, or one expert's. */
export interface NeuronGroup {
  layer: number;
  /** 0 where there are no experts; the shared one is counted after the others. */
  expert: number;
  count: number;
}

/** What a plan needs to know about a model: from headers alone, plain data. */
export interface ModelFacts {
  vocab: number;
  /** Width of E's rows. */
  width: number;
  /** Bytes of E in the checkpoint. */
  embeddingBytes: number;
  /** Rows of the model's two tables of tokens. */
  rows: Record<EmbeddingName, number>;
  parts: NeuronPart[];
  /** In model order: a neuron's number in the atlas's plan is its place in this list. */
  neurons: NeuronGroup[];
  /** Heads with their kv heads and d_head, per layer that has attention. */
  heads: { layer: number; heads: number; kvHeads: number; headDim: number }[];
  /** Position embeddings, norm gains and biases of E's width. */
  directions: { name: string; count: number }[];
  /** Vectors and bytes per kind, per parameter in model order. */
  vectors: Partial<Record<VectorKind, { name: string; layer: number; count: number; bytes: number }[]>>;
}

export function modelFacts(model: Model, choice: EmbeddingChoice = 'unembed'): ModelFacts {
  const table = (which: EmbeddingName) => model.parameters.get(which);
  const e = table(embeddingOf(undefined, choice)) ?? [...model.parameters.values()][0];
  const layers = Array.from({ length: model.dimensions.layers }, (_, layer) => layer);
  const vectors: ModelFacts['vectors'] = {};
  for (const kind of VECTOR_KINDS) {
    const found = layers.flatMap((layer) =>
      parametersOf(model, layer, kind).map((parameter) => ({
        name: parameter.name,
        layer,
        count: parameter.count,
        bytes: bytesOf(model, parameter),
      })),
    );
    if (found.length > 0) vectors[kind] = found;
  }
  return {
    vocab: e.count,
    width: e.width,
    // A unit reads one side's table, or both of a head's.
    embeddingBytes: bytesOf(model, e),
    rows: { embed: table('embed')?.count ?? e.count, unembed: table('unembed')?.count ?? e.count },
    parts: NEURON_PARTS.filter((part) => vectors[`ff.${part}`]),
    neurons: (vectors['ff.value'] ?? []).map(({ name, layer, count }) => ({
      layer,
      expert: expertOf(model, name) ?? 0,
      count,
    })),
    heads: (vectors['attn.q'] ?? []).map(({ name, layer }) => {
      const [heads, , headDim] = model.parameters.get(name)?.shape ?? [];
      return { layer, heads, kvHeads: model.parameters.get(`layer.${layer}.attn.v`)?.shape[0] ?? heads, headDim };
    }),
    directions: [...model.parameters.values()]
      .filter(({ name, width }) => width === e.width && isDirection(name))
      .map(({ name, count }) => ({ name, count })),
    vectors,
  };
}

const isDirection = (name: string): boolean =>
  name === 'positions' || /(^|\.)norm\./.test(name) || name.endsWith('_bias');

/**
 * Bytes of the tensors a parameter is made of, at most those of its own numbers in fp32: one tensor may hold several.
 */
function bytesOf(model: Model, parameter: Parameter): number {
  const stored = parameter.tensors.reduce((sum, name) => {
    const tensor = model.tensors.get(name);
    return sum + (tensor ? tensor.end - tensor.start : 0);
  }, 0);
  const own = parameter.count * parameter.width * 4;
  return stored > 0 ? Math.min(stored, own) : own;
}
