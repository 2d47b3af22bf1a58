/** One way to write numbers, on every page. A true minus sign; thousands with a comma. */

const MINUS = '−';

function write(value: number, digits: number): string {
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** Decimals that leave three digits to a number of this size: 114, 62.0, 5.52, 0.0432. */
export function decimals(magnitude: number): number {
  if (!Number.isFinite(magnitude) || magnitude === 0) return 2;
  return Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(magnitude)))));
}

/** A score, with three digits. In a column use {@link scoreFormat}, so that decimals stand below each other. */
export function formatScore(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return write(value, decimals(value));
}

/** A probability: `0.034`, from a thousandth down only its size, `2e-7`. */
export function formatP(p: number): string {
  return p >= 0.001 ? p.toPrecision(2) : p.toExponential(0);
}

/** A mean and its standard deviation with the decimals that leave two digits to the deviation: `−0.024 ± 0.15`. */
export function formatSpread(mean: number, sd: number): string {
  const digits = Math.max(0, decimals(sd) - 1);
  return `${write(mean, digits)} ± ${write(sd, digits)}`;
}

/** A format for all of `values`: as many decimals as the largest of them needs. */
export function scoreFormat(values: Iterable<number>): (value: number) => string {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const digits = Math.min(decimals(largest), 4);
  return (value) => (Number.isFinite(value) ? write(value, digits) : '–');
}

/** 49,152 */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 neuron`, `1,536 neurons`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Seconds of waiting: `12 s`, `3 min`, `1 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1.5 MB`, `42 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
