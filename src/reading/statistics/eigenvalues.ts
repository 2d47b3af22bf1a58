import { WeightscopeError } from '../../errors.ts';
import { squared } from '../powers.ts';
import type { Dense } from './linear.ts';

/**
 * Steps that one eigenvalue may take, of which two or three are usual: what LAPACK's dlahqr allows a whole matrix of
 * ten rows.
 */
const MOST_STEPS = 300;
/** After so many steps without an eigenvalue a shift that has nothing to do with the last one: Wilkinson's remedy. */
const EXCEPTIONAL = 10;
const EPSILON = 2 ** -52;
/** A row and a column are made alike by so much at a time at most, which neither leaves the numbers there are. */
const MOST_POWER = 500;

/** What the last two rows of the active block say about its next shift. */
interface Shift {
  x: number;
  y: number;
  w: number;
}

/**
 * Eigenvalues of a square matrix without its eigenvectors, in no particular order: balancing, Householder's reduction
 * to Hessenberg form, then the QR algorithm with double shifts (Francis 1961; Martin, Peters and Wilkinson 1970, "The
 * QR algorithm for real Hessenberg matrices"). To about 1e-15 n of the norm. Throws `NOT_FINITE` for entries that are
 * no numbers.
 */
export function eigenvalues({ data, rows: n }: Dense): { real: number[]; imaginary: number[] } {
  const a = Float64Array.from(data);
  balance(a, n);
  // By a power of two, which rounds nothing: squares of the largest finite numbers are no numbers any more. Not before
  // rows and columns are alike, or small ones become 0 beside large ones.
  const largest = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const scale = largest > 0 && Number.isFinite(largest) ? 2 ** Math.floor(Math.log2(largest)) : 1;
  for (const [at, x] of a.entries()) a[at] = x / scale;
  toHessenberg(a, n);
  const real = new Array<number>(n).fill(0);
  const imaginary = new Array<number>(n).fill(0);
  const norm = a.reduce((sum, x) => sum + Math.abs(x), 0);
  let shifted = 0;
  let steps = 0;
  for (let high = n - 1; high >= 0; ) {
    const low = firstOfBlock(a, n, high, norm);
    let shift = shiftOf(a, n, high);
    if (low >= high - 1) {
      const roots = low === high ? [[shift.x, 0]] : rootsOfTwo(shift);
      for (const [re, im] of roots) {
        real[high] = (re + shifted) * scale;
        imaginary[high--] = im * scale;
      }
      steps = 0;
      continue;
    }
    if (!(steps < MOST_STEPS))
      throw new WeightscopeError(
        'NOT_FINITE',
        'Expected a matrix of finite numbers, its eigenvalues are not to be had.',
      );
    if (steps > 0 && steps % EXCEPTIONAL === 0) {
      // The usual shift goes in circles on the rare matrix. As rounding can make the step after the exceptional one
      // undo it, it is taken again and again, not twice as in EISPACK.
      shifted += shift.x;
      for (let i = 0; i <= high; i++) a[i * n + i] -= shift.x;
      const size = Math.abs(a[high * n + high - 1]) + Math.abs(a[(high - 1) * n + high - 2]);
      shift = { x: 0.75 * size, y: 0.75 * size, w: -0.4375 * size * size };
    }
    steps++;
    doubleStep(a, n, low, high, shift);
  }
  return { real, imaginary };
}

/**
 * Makes each row about as large as the column of its number, by powers of two, which changes no eigenvalue and rounds
 * nothing: what follows errs by the size of the matrix, and a row of 10⁸ beside one of 10⁻⁸ would drown the other
 * (Osborne 1960; Parlett and Reinsch 1969, "Balancing a matrix for calculation of eigenvalues and eigenvectors").
 */
function balance(a: Float64Array, n: number): void {
  for (let again = true; again; ) {
    again = false;
    for (let i = 0; i < n; i++) {
      let [row, column] = [0, 0];
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        // Means, as sums of the largest numbers are none.
        row += Math.abs(a[i * n + j]) / n;
        column += Math.abs(a[j * n + i]) / n;
      }
      if (row === 0 || column === 0 || !Number.isFinite(row) || !Number.isFinite(column)) continue;
      const power = Math.round((Math.log2(row) - Math.log2(column)) / 2);
      const by = 2 ** Math.min(MOST_POWER, Math.max(-MOST_POWER, power));
      // Less than a twentieth smaller is not worth it, and might go on for ever.
      if (by === 1 || column * by + row / by >= 0.95 * (column + row)) continue;
      again = true;
      for (let j = 0; j < n; j++) {
        a[i * n + j] /= by;
        a[j * n + i] *= by;
      }
    }
  }
}

/** Householder reflections from both sides: everything below the first subdiagonal becomes 0. */
function toHessenberg(a: Float64Array, n: number): void {
  const v = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    let square = 0;
    let rest = 0;
    for (let i = k + 1; i < n; i++) {
      square += squared(a[i * n + k]);
      if (i > k + 1) rest = Math.max(rest, Math.abs(a[i * n + k]));
    }
    const head = a[(k + 1) * n + k];
    // Not where the squares below the head round to nothing beside its own: that would drop entries of 1e-8 of the
    // head.
    if (rest === 0 || square === 0) {
      for (let i = k + 2; i < n; i++) a[i * n + k] = 0;
      continue;
    }
    const to = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k];
    v[k + 1] -= to;
    const by = 1 / (square - head * to);
    const sums = new Float64Array(n);
    for (let i = k + 1; i < n; i++) for (let j = k; j < n; j++) sums[j] += v[i] * a[i * n + j];
    for (let i = k + 1; i < n; i++) for (let j = k; j < n; j++) a[i * n + j] -= by * v[i] * sums[j];
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j] * v[j];
      for (let j = k + 1; j < n; j++) a[i * n + j] -= by * sum * v[j];
    }
    for (let i = k + 2; i < n; i++) a[i * n + k] = 0;
  }
}

/** The first row of the block that ends at `high`: above it the subdiagonal is 0 but for rounding. */
function firstOfBlock(a: Float64Array, n: number, high: number, norm: number): number {
  for (let l = high; l > 0; l--) {
    const size = Math.abs(a[(l - 1) * n + l - 1]) + Math.abs(a[l * n + l]) || norm;
    if (Math.abs(a[l * n + l - 1]) <= EPSILON * size) {
      a[l * n + l - 1] = 0;
      return l;
    }
  }
  return 0;
}

function shiftOf(a: Float64Array, n: number, high: number): Shift {
  const x = a[high * n + high];
  if (high === 0) return { x, y: 0, w: 0 };
  const above = (high - 1) * n + high;
  return { x, y: a[above - 1], w: a[high * n + high - 1] * a[above] };
}

/** Eigenvalues of the last two rows, [real, imaginary], the last row's first. */
function rootsOfTwo({ x, y, w }: Shift): [number, number][] {
  const half = (y - x) / 2;
  const square = half * half + w;
  const root = Math.sqrt(Math.abs(square));
  if (square < 0) {
    return [
      [x + half, -root],
      [x + half, root],
    ];
  }
  const z = half + (half < 0 ? -root : root);
  return [
    [z === 0 ? x : x - w / z, 0],
    [x + z, 0],
  ];
}

/** One double-shifted QR step on the block [low, high]: a bulge of three rows is chased down the diagonal. */
function doubleStep(a: Float64Array, n: number, low: number, high: number, { x, y, w }: Shift): void {
  let [p, q, r] = [0, 0, 0];
  let start = high - 2;
  for (; ; start--) {
    const at = start * n + start;
    const z = a[at];
    const [s, t] = [x - z, y - z];
    p = (s * t - w) / a[at + n] + a[at + 1];
    q = a[at + n + 1] - z - s - t;
    r = a[at + 2 * n + 1];
    const size = Math.abs(p) + Math.abs(q) + Math.abs(r);
    p /= size;
    q /= size;
    r /= size;
    if (start === low) break;
    // Two small subdiagonal entries in a row are as good as one that is 0.
    const u = Math.abs(a[at - 1]) * (Math.abs(q) + Math.abs(r));
    const v = Math.abs(p) * (Math.abs(a[at - n - 1]) + Math.abs(z) + Math.abs(a[at + n + 1]));
    if (u <= EPSILON * v) break;
  }
  for (let i = start + 2; i <= high; i++) {
    a[i * n + i - 2] = 0;
    if (i > start + 2) a[i * n + i - 3] = 0;
  }
  for (let k = start; k < high; k++) {
    const three = k < high - 1;
    let size = 1;
    if (k > start) {
      p = a[k * n + k - 1];
      q = a[(k + 1) * n + k - 1];
      r = three ? a[(k + 2) * n + k - 1] : 0;
      size = Math.abs(p) + Math.abs(q) + Math.abs(r);
      if (size === 0) continue;
      p /= size;
      q /= size;
      r /= size;
    }
    const length = Math.sqrt(p * p + q * q + r * r) * (p < 0 ? -1 : 1);
    if (length === 0) continue;
    if (k > start) a[k * n + k - 1] = -length * size;
    else if (start > low) a[k * n + k - 1] = -a[k * n + k - 1];
    p += length;
    reflect(a, n, k, low, high, three ? 3 : 2, [p / length, q / length, r / length, q / p, r / p]);
  }
}

/** The reflection of rows, then of columns k, k + 1 (and k + 2). */
function reflect(
  a: Float64Array,
  n: number,
  k: number,
  low: number,
  high: number,
  width: 2 | 3,
  [x, y, z, q, r]: readonly number[],
): void {
  const [first, second, third] = [k * n, (k + 1) * n, (k + 2) * n];
  if (width === 3) {
    for (let j = k; j <= high; j++) {
      const sum = a[first + j] + q * a[second + j] + r * a[third + j];
      a[first + j] -= sum * x;
      a[second + j] -= sum * y;
      a[third + j] -= sum * z;
    }
    for (let i = low, last = Math.min(high, k + 3); i <= last; i++) {
      const at = i * n + k;
      const sum = x * a[at] + y * a[at + 1] + z * a[at + 2];
      a[at] -= sum;
      a[at + 1] -= sum * q;
      a[at + 2] -= sum * r;
    }
    return;
  }
  for (let j = k; j <= high; j++) {
    const sum = a[first + j] + q * a[second + j];
    a[first + j] -= sum * x;
    a[second + j] -= sum * y;
  }
  for (let i = low; i <= high; i++) {
    const at = i * n + k;
    const sum = x * a[at] + y * a[at + 1];
    a[at] -= sum;
    a[at + 1] -= sum * q;
  }
}
