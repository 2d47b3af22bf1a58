import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';

/** What a page may take: phones end the tab of one that takes more. */
export const BUDGET_BYTES = 2e9;
/** The page, the engine's code and its memory between questions. */
const BASE_BYTES = 250e6;

/**
 * Bytes that reading a model takes at its worst, from its headers alone: the stored rows of the words' table while
 * they are made fp32, that table, what the engine makes of it (the table divided by a normaliser, and its screen of
 * one byte a number), and one layer's feed-forward vectors as fp32 beside their stored form.
 */
export function memoryNeed({ parameters, tensors, dimensions }: Model): number {
  const table = parameters.get('unembed') ?? parameters.get('embed');
  const numbers = table ? table.count * table.width : 0;
  const stored = Math.max(0, ...(table?.tensors ?? []).map((name) => lengthOf(tensors.get(name))));
  const { neurons, hidden, gated } = dimensions;
  const layer = (neurons ?? 0) * (hidden ?? 0) * 4 * (gated ? 3 : 2);
  return BASE_BYTES + stored + numbers * (4 + 4 + 1) + 2 * layer;
}

const lengthOf = (tensor: { start: number; end: number } | undefined): number =>
  tensor ? tensor.end - tensor.start : 0;

/** Throws `TOO_LARGE` for a model whose reading would end the tab. */
export function checkBudget(model: Model, most = BUDGET_BYTES): void {
  const need = memoryNeed(model);
  if (need <= most) return;
  throw new WeightscopeError(
    'TOO_LARGE',
    `Expected a model that can be read in ${gigabytes(most)} of memory, which is what a page may take, but ${model.name} needs about ${gigabytes(need)}; read it with \`weightscope explore\` on a computer.`,
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
