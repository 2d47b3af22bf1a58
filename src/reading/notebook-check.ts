import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { readHead } from './heads.ts';
import { readNeuron } from './neurons.ts';
import { isGpt2Medium } from './notebook.ts';
import { HEAD_MATRICES } from './parts.ts';
import type { ReadOptions } from './types.ts';

/** One thing the notebook printed, and what is read here. */
export interface NotebookCheck {
  what: string;
  expected: string;
  found: string;
  agrees: boolean;
}

export interface Printed {
  ff: readonly [layer: number, neuron: number];
  key: readonly string[];
  value: readonly string[];
  head: readonly [layer: number, head: number];
  vo: { above: number; count: number };
  qk: { above: number; count: number };
}

/** What exploration.ipynb printed for gpt2-medium, in the notebook's own labels. */
const PRINTED: Printed = {
  ff: [19, 170],
  key: ['anywhere', 'everywhere', 'guidance', 'locally', 'bombs', 'wherever'],
  value: ['outdoors', 'near', 'north', 'HERE', 'south', 'supplies', 'northeast'],
  head: [23, 9],
  vo: { above: 200, count: 136 },
  qk: { above: 20, count: 29_769 },
};

/**
 * Reads what the notebook printed for gpt2-medium again and compares: the first tokens of a neuron's key and value in
 * order, and a head's counts within max(2, 2e-5 count), the notebook having counted fp32 products.
 * `ARGUMENT_INVALID` for another model. `printed`: other figures to compare with.
 */
export async function checkNotebook(
  model: Model,
  options: Pick<ReadOptions, 'engine' | 'signal' | 'progress'> = {},
  printed = PRINTED,
): Promise<NotebookCheck[]> {
  if (!isGpt2Medium(model)) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected gpt2-medium, whose outputs the notebook printed, got ${model.name} (${model.modelType}); try openai-community/gpt2-medium.`,
    );
  }
  const { engine, signal, progress } = options;
  const run = { engine, signal, progress };
  const checks: NotebookCheck[] = [];
  const [layer, neuron] = printed.ff;
  const { parts } = await readNeuron(model, layer, neuron, {
    ...run,
    parts: ['key', 'value'],
    k: 20,
    labels: 'notebook',
  });
  for (const part of ['key', 'value'] as const) {
    const expected = printed[part].join(', ');
    const found = (parts[part]?.top ?? []).slice(0, printed[part].length).map(({ label }) => label);
    const what = `FF ${layer}:${neuron}, first tokens of the ${part}`;
    checks.push({ what, expected, found: found.join(', '), agrees: found.join(', ') === expected });
  }
  const [headLayer, head] = printed.head;
  const each = { vo: { above: printed.vo.above }, qk: { above: printed.qk.above } };
  const counted = await readHead(model, headLayer, head, { ...run, each, countOnly: true });
  for (const matrix of HEAD_MATRICES) {
    const { above, count } = printed[matrix];
    const found = counted[matrix]?.count ?? 0;
    const agrees = Math.abs(found - count) <= Math.max(2, 2e-5 * count);
    const what = `Head ${headLayer}:${head}, ${matrix.toUpperCase()} pairs above ${above}`;
    checks.push({ what, expected: `${count}`, found: `${found}`, agrees });
  }
  return checks;
}
