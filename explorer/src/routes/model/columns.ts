import type { Entry } from '../../../../src/questions/standouts.ts';

/** Extremes of a statistic: where to read next. */
export interface Extremes {
  what: string;
  /** key, up or value; vo or qk. */
  part: string;
  highest: Entry[];
  lowest: Entry[];
}

/** How values become colours. */
export interface Colours {
  low: number;
  high: number;
  /** Both signs are there: zero is paper, the signs have a colour each. */
  signed: boolean;
}

export interface ColourScale extends Colours {
  /** How many values lie beyond each end, and have its colour. */
  beyond: { low: number; high: number };
}

/** From the 1st to the 99th hundredth, so that one outlier does not make all the others pale. */
export function colourScale(values: readonly number[]): ColourScale {
  const sorted = Float64Array.from(values).sort();
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))] ?? 0;
  const [first, last] = [at(0.01), at(0.99)];
  const signed = first < 0 && last > 0;
  const reach = Math.max(-first, last);
  const [low, high] = signed ? [-reach, reach] : [first, last];
  const count = (isBeyond: (value: number) => boolean): number => values.filter(isBeyond).length;
  return { low, high, signed, beyond: { low: count((value) => value < low), high: count((value) => value > high) } };
}

/** What the ends of a scale are, where values lie beyond them. */
export function endsInWords({ signed, beyond }: ColourScale): string | undefined {
  if (beyond.low + beyond.high === 0) return undefined;
  return signed ? 'the 1st or the 99th percentile, the one further from zero' : 'the 1st and the 99th percentile';
}

/** -1 to 1 on a signed scale, 0 to 1 on one without signs: how strong the colour is, and of which pole. */
export function strength({ low, high, signed }: Colours, value: number): number {
  if (signed) return Math.max(-1, Math.min(1, value / (high || 1)));
  return high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0.5;
}

/** How many values lie in each of `bins` equal parts of [low, high]; what lies outside counts at the ends. */
export function histogramOf(values: readonly number[], low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins || 1;
  for (const value of values) counts[Math.max(0, Math.min(bins - 1, Math.floor((value - low) / width)))]!++;
  return counts;
}
