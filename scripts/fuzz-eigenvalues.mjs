// node scripts/fuzz-eigenvalues.mjs [COUNT] [SEED]: eigenvalues of COUNT (default 1,000,000) seeded matrices of 8 to
// 256 rows. None may fail, and each sum is the trace. The number of rows n is drawn with a density of n⁻³, so that
// small, large and all between take about equal time: half have fewer than 12 rows, one in 1,000 has 190 or more. Kinds
// of matrices take turns. With WEIGHTSCOPE_PYTHON every matrix of a sample of 1 in 200 is compared with LAPACK's dgeev
// (numpy), to 1e-9 of its norm.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eigenvalues } from '../dist/reading/statistics/eigenvalues.js';
import { gaussian } from '../dist/reading/statistics/nulls.js';

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const SAMPLE = 200;

/** Each makes n x n numbers from n² or more normal ones. */
const KINDS = {
  normal: (z) => z,
  // Bᵀ Π A of a head: a product of two factors whose singular values fall off.
  product: (z, n) =>
    multiply(
      z,
      z.map((x, at) => (x + z[(at * 7 + 3) % z.length]) / (1 + (at % n))),
      n,
    ),
  'one large direction': (z, n) => z.map((x, at) => x + 1e6 * z[Math.floor(at / n)] * z[at % n]),
  graded: (z, n) => z.map((x, at) => x * 10 ** ((-8 * Math.floor(at / n)) / n)),
  'rows and columns of many sizes': (z, n) =>
    z.map((x, at) => x * 10 ** (4 * (Math.tanh(z[Math.floor(at / n)]) - Math.tanh(z[z.length - 1 - (at % n)])))),
  'nearly symmetric': (z, n) => z.map((x, at) => x + z[(at % n) * n + Math.floor(at / n)] + 1e-9 * x),
  'nearly skew': (z, n) => z.map((x, at) => x - z[(at % n) * n + Math.floor(at / n)] + 1e-3 * x),
  sparse: (z) => z.map((x, at) => (at % 3 === 0 ? x : 0)),
  'small whole numbers': (z) => z.map((x) => Math.round(x)),
  'cyclic shift, disturbed': (z, n) => z.map((x, at) => 1e-3 * x + Number((Math.floor(at / n) + 1) % n === at % n)),
  'blocks hardly joined': (z, n) =>
    z.map((x, at) => (Math.floor((2 * at) / n / n) <= Math.floor((2 * (at % n)) / n) ? x : 1e-12 * x)),
};
/**
 * Of these an eigenvalue may be defective: it is known to the square root of rounding at best, so that LAPACK's errs as
 * well.
 */
const DEFECTIVE = ['small whole numbers', 'sparse', 'graded', 'blocks hardly joined'];

function multiply(a, b, n) {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
  return c;
}

const folder = mkdtempSync(join(tmpdir(), 'eigenvalues-'));
const compared = [];
const failed = [];
let worst = 0;
const kinds = Object.entries(KINDS);
for (let i = 0; i < count; i++) {
  const [name, make] = kinds[i % kinds.length];
  const [u] = gaussian(2, seed * 7919 + i).map((x) => 0.5 * (1 + Math.tanh(0.8 * x)));
  // The inverse of the distribution function of n⁻³ on [8, 257).
  const n = Math.floor((8 ** -2 - u * (8 ** -2 - 257 ** -2)) ** -0.5);
  const data = Float64Array.from(make(gaussian(n * n, seed * 104_729 + i), n));
  const norm = Math.hypot(...data.subarray(0, 4096)) + data.reduce((sum, x) => sum + Math.abs(x), 0) / n;
  try {
    const { real, imaginary } = eigenvalues({ data, rows: n, columns: n });
    let trace = 0;
    for (let k = 0; k < n; k++) trace += data[k * n + k] - real[k];
    worst = Math.max(worst, Math.abs(trace) / norm);
    if (!(Math.abs(trace) <= 1e-11 * norm)) failed.push(`${name}, ${n} rows, number ${i}: the sum is off by ${trace}`);
    // 211 and the number of kinds have no common factor, so that every kind is in the sample.
    if (i % (SAMPLE + 11) === 0 && !DEFECTIVE.includes(name)) compared.push({ i, n, name, data, real, imaginary });
  } catch (error) {
    failed.push(`${name}, ${n} rows, number ${i}: ${error.message}`);
  }
}
console.log(
  `${count} matrices, seed ${seed}: ${failed.length} failed; sums are the traces to ${worst.toExponential(1)} of the norm`,
);
for (const line of failed.slice(0, 20)) console.log(line);

const python = process.env.WEIGHTSCOPE_PYTHON;
if (python) {
  const files = compared.map(({ data, real, imaginary }, at) => {
    const path = join(folder, `${at}.f64`);
    writeFileSync(path, Buffer.from(Float64Array.from([real.length, ...data, ...real, ...imaginary]).buffer));
    return path;
  });
  writeFileSync(join(folder, 'list'), files.join('\n'));
  const code = `
import sys, numpy as np
worst = 0.0
for path in open(sys.argv[1]).read().split():
    x = np.fromfile(path); n = int(x[0]); m = x[1:1 + n * n].reshape(n, n)
    ours = list(x[1 + n * n:1 + n * n + n] + 1j * x[1 + n * n + n:])
    left = np.linalg.eigvals(m)
    for value in ours:
        at = np.argmin(abs(left - value)); worst = max(worst, abs(left[at] - value) / np.linalg.norm(m)); left = np.delete(left, at)
print(worst)`;
  const found = Number(execFileSync(python, ['-c', code, join(folder, 'list')], { encoding: 'utf8' }));
  console.log(`${compared.length} of them against LAPACK: ${found.toExponential(1)} of the norm at most`);
  if (!(found < 1e-9)) failed.push('LAPACK');
}
rmSync(folder, { recursive: true });
process.exit(failed.length > 0 ? 1 : 0);
