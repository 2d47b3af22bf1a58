import type { Model } from '../model/types.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';
import type { HeadReading, NeuronReading, ReadOptions } from './types.ts';

export interface NotebookOptions extends ReadOptions {
  /** [layer, neuron] of the notebook's first table, with experts [layer, neuron, expert]; default one neuron. */
  ff?: readonly (readonly [layer: number, neuron: number, expert?: number])[];
  /** [layer, head] of its pair lists; default one head. */
  heads?: readonly (readonly [layer: number, head: number])[];
  /** Tokens per neuron; default 200, as in the notebook. */
  k?: number;
  /** Listed pairs per matrix; default 100, as in the notebook. */
  pairs?: number;
  /** Thresholds (the notebook's `th`); default the 1,000th score, for gpt2-medium 200 and 20. */
  voAbove?: number;
  qkAbove?: number;
  excludeSame?: boolean;
  excludeFuzzy?: boolean;
  /** Repeats the notebook's quirks (docs/notebook.md). */
  compat?: boolean;
}

export interface NotebookReading {
  model: string;
  compat: boolean;
  neurons: NeuronReading[];
  heads: HeadReading[];
}

/** Rank of the pair whose score is the threshold where none is given. */
const THRESHOLD_RANK = 1000;

/** What the notebook shows of gpt2-medium: FF 19:170, head 23:9, thresholds 200 (VO) and 20 (QK). */
const SHOWN = { layers: 24, ff: [19, 170], head: [23, 9], voAbove: 200, qkAbove: 20 } as const;

/** Whether this is the model of the notebook's printed outputs, told by its sizes. */
export function isGpt2Medium({ modelType, dimensions }: Model): boolean {
  const { layers, hidden, heads, vocab } = dimensions;
  return modelType === 'gpt2' && layers === 24 && hidden === 1024 && heads === 16 && vocab === 50257;
}

/**
 * The notebook of Dar et al. (exploration.ipynb): neurons' keys and values as words side by side, heads' VO and QK as
 * token pairs with the count above a threshold and counters of both columns. Under `compat` its VO list is ordered by
 * the pairs' QK scores, ascending, labels are the notebook's, and token filters act as they do there.
 */
export async function readNotebook(model: Model, options: NotebookOptions = {}): Promise<NotebookReading> {
  const { compat = false, k = 200, pairs = 100, ff = [defaultNeuron(model)], heads = [defaultHead(model)] } = options;
  const { excludeSame, excludeFuzzy } = options;
  const shared: ReadOptions = { ...options, filters: { ...options.filters, ...(compat && { compat }) } };
  const known = isGpt2Medium(model);
  const voAbove = options.voAbove ?? (known ? SHOWN.voAbove : undefined);
  const qkAbove = options.qkAbove ?? (known ? SHOWN.qkAbove : undefined);
  const neurons: NeuronReading[] = [];
  for (const [layer, neuron, expert] of ff) {
    const labels = options.labels ?? (compat ? 'notebook' : undefined);
    neurons.push(await readNeuron(model, layer, neuron, { ...shared, expert, parts: ['key', 'value'], k, labels }));
  }
  const read: HeadReading[] = [];
  for (const [layer, head] of heads) {
    const order = compat ? ({ sort: 'qk', ascending: true } as const) : {};
    const each = {
      vo: { above: voAbove, aboveRank: THRESHOLD_RANK, ...order },
      qk: { above: qkAbove, aboveRank: THRESHOLD_RANK },
    };
    // The notebook's pairs are decoded text, as it is.
    const labels = options.labels ?? (compat ? 'raw' : undefined);
    read.push(await readHead(model, layer, head, { ...shared, k: pairs, excludeSame, excludeFuzzy, each, labels }));
  }
  return { model: model.name, compat, neurons, heads: read };
}

/** The notebook's own neuron and head, or those at the same depth of another model. */
function defaultNeuron({ dimensions: { layers, neurons } }: Model): readonly [number, number] {
  return [depth(SHOWN.ff[0], layers), SHOWN.ff[1] % neurons];
}

function defaultHead({ dimensions: { layers, heads } }: Model): [number, number] {
  return [depth(SHOWN.head[0], layers), SHOWN.head[1] % heads];
}

const depth = (layer: number, layers: number) => Math.floor((layer * layers) / SHOWN.layers);
