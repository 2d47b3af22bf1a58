import type { ByLayer } from '../../../../src/questions/standouts.ts';
import { histogramOf } from './columns.ts';

const BINS = 60;
/** Of an outline, in units of its own. */
export const HEIGHT = 150;

/** Symmetric outlines on one common axis; widths grow with the root of the count, so that thin tails stay visible. */
export function outlines(values: ByLayer) {
  const all = values.map((row) => row.filter((value) => value !== null));
  const flat = all.flat();
  const low = flat.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = flat.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const y = (value: number) => HEIGHT - ((value - low) / (high - low || 1)) * HEIGHT;
  const layers = all.map((row) => {
    const counts = histogramOf(row, low, high, BINS);
    const most = Math.max(1, ...counts);
    const half = counts.map((count) => 46 * Math.sqrt(count / most));
    const at = (bin: number) => HEIGHT - ((bin + 0.5) / BINS) * HEIGHT;
    const there = counts.map((count, bin) => ({ count, bin }));
    const first = there.find(({ count }) => count > 0)?.bin ?? 0;
    const last = there.findLast(({ count }) => count > 0)?.bin ?? -1;
    const bins = there.slice(first, last + 1).map(({ bin }) => bin);
    const right = bins.map((bin) => `${half[bin]!.toFixed(1)},${at(bin).toFixed(1)}`);
    const left = bins.toReversed().map((bin) => `${(-half[bin]!).toFixed(1)},${at(bin).toFixed(1)}`);
    return { path: right.length > 0 ? `M${[...right, ...left].join('L')}Z` : '', median: median(row) };
  });
  return { low, high, layers, zero: low < 0 && high > 0 ? y(0) : undefined };
}

function median(row: readonly number[]): number | undefined {
  return row.toSorted((a, b) => a - b)[Math.floor(row.length / 2)];
}
