import { generator } from '../../dist/engine/conformance/data.js';

/** Seeded matrices and questions, of every kind that has ever made an engine of this sort wrong. */

const LARGEST = 3.4028234663852886e38;

export const tools = (seed) => {
  const g = generator(seed);
  const whole = (low, high) => low + Math.floor(g() * (high - low + 1));
  const pick = (list) => list[whole(0, list.length - 1)];
  const gauss = () => Math.sqrt(-2 * Math.log(1 - g())) * Math.cos(2 * Math.PI * g());
  const maybe = (share, make) => (g() < share ? make() : undefined);
  return { g, whole, pick, gauss, maybe };
};

const clamp = (value) => Math.max(-LARGEST, Math.min(LARGEST, value));

/** Kinds of matrices: each fills [rows, d]. */
const KINDS = {
  normal: ({ gauss }, n, d) => fill(n, d, () => gauss()),
  scaled: ({ gauss, whole }, n, d) => {
    const by = 10 ** whole(-12, 12);
    return fill(n, d, () => by * gauss());
  },
  spectral: ({ gauss, g }, n, d) => {
    const rows = Array.from({ length: n }, () => 0.3 * 10 ** g());
    return fill(n, d, (i, t) => rows[i] * gauss() * (1 + t) ** -0.7);
  },
  'norms far apart': ({ gauss, whole }, n, d) => {
    const rows = Array.from({ length: n }, () => 10 ** whole(-37, 37));
    return fill(n, d, (i) => rows[i] * gauss());
  },
  'huge range': ({ g, whole }, n, d) => fill(n, d, () => (g() < 0.5 ? -1 : 1) * (1 + g()) * 2 ** whole(-149, 126)),
  denormals: ({ whole }, n, d) => fill(n, d, () => whole(-4000, 4000) * 2 ** -149),
  'some denormals': ({ gauss, whole, g }, n, d) => fill(n, d, () => (g() < 0.3 ? whole(-9, 9) * 2 ** -149 : gauss())),
  'near overflow': ({ g }, n, d) => fill(n, d, () => (g() < 0.5 ? -1 : 1) * (1 - 0.5 * g() * g()) * LARGEST),
  tiny: ({ gauss }, n, d) => fill(n, d, () => gauss() * 1e-23),
  ties: ({ whole }, n, d) => {
    const range = whole(1, 3);
    return fill(n, d, () => whole(-range, range));
  },
  'one value': ({ pick, g }, n, d) => {
    const value = pick([1, -1, 1e20, 1e-23, 1e-45, LARGEST, g()]);
    return fill(n, d, () => value);
  },
  collinear: ({ gauss, pick }, n, d) => {
    const c = Array.from({ length: d }, gauss);
    const apart = pick([0, 1e-7, 1e-4, 0.01]);
    return fill(n, d, (_, t) => c[t] + apart * gauss());
  },
  'rank one': ({ gauss }, n, d) => {
    const [c, r] = [Array.from({ length: d }, gauss), Array.from({ length: n }, gauss)];
    return fill(n, d, (i, t) => r[i] * c[t]);
  },
  'rank two': ({ gauss }, n, d) => {
    const c = [0, 1].map(() => Array.from({ length: d }, gauss));
    const r = [0, 1].map(() => Array.from({ length: n }, gauss));
    return fill(n, d, (i, t) => r[0][i] * c[0][t] + r[1][i] * c[1][t]);
  },
  duplicates: ({ gauss, whole }, n, d) => {
    const of = fill(whole(1, 5), d, () => gauss());
    const rows = Array.from({ length: n }, () => whole(0, of.length / Math.max(1, d) - 1));
    return fill(n, d, (i, t) => of[Math.max(0, rows[i]) * d + t]);
  },
  'last bits': ({ gauss, whole }, n, d) => {
    const c = Float32Array.from({ length: d }, gauss);
    const data = fill(n, d, (_, t) => c[t]);
    const bits = new Int32Array(data.buffer);
    for (let i = 0; i < n && d > 0; i++) bits[i * d + whole(0, d - 1)] += whole(-1, 1);
    return data;
  },
  'rows of zeros': ({ gauss, g }, n, d) => {
    const share = g();
    const zero = Array.from({ length: n }, () => g() < share);
    return fill(n, d, (i) => (zero[i] ? 0 : gauss()));
  },
  zeros: (_, n, d) => fill(n, d, () => 0),
  'minus zeros': ({ gauss, g }, n, d) => fill(n, d, () => (g() < 0.7 ? -0 : gauss())),
  sparse: ({ gauss, g }, n, d) => fill(n, d, () => (g() < 0.05 ? gauss() : 0)),
  'one large dimension': ({ gauss, whole }, n, d) => {
    const [own, by] = [whole(0, Math.max(0, d - 1)), 10 ** whole(1, 6)];
    return fill(n, d, (_, t) => (t === own ? by : 1) * gauss());
  },
  'half small': ({ gauss, g }, n, d) => {
    const lives = Array.from({ length: n }, () => g() < 0.05);
    return fill(n, d, (i, t) => gauss() * (t < d / 2 ? (lives[i] ? 0 : 1) : lives[i] ? 1 : 0.01));
  },
  positive: ({ gauss }, n, d) => fill(n, d, () => Math.abs(gauss())),
};

const fill = (n, d, value) => {
  const data = new Float32Array(n * d);
  for (let i = 0, at = 0; i < n; i++) for (let t = 0; t < d; t++, at++) data[at] = clamp(value(i, t));
  return data;
};

/** e less its part along the mean of x, in some of its rows. */
const orthogonal = ({ g }, x, n, e, m, d) => {
  const c = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let t = 0; t < d; t++) c[t] += x[i * d + t] / n;
  const square = c.reduce((sum, value) => sum + value * value, 0);
  if (!(square > 1e-30 && square < 1e30)) return;
  for (let j = 0; j < m; j++) {
    if (g() < 0.5) continue;
    let product = 0;
    for (let t = 0; t < d; t++) product += c[t] * e[j * d + t];
    for (let t = 0; t < d; t++) e[j * d + t] = clamp(e[j * d + t] - (product / square) * c[t]);
  }
};

const mask = ({ g }, rows) => {
  const share = g();
  return Uint8Array.from({ length: rows }, () => (g() < share ? 1 : 0));
};

/** A score of the matrices, so that thresholds sit on scores. */
const someScore = ({ whole }, { a, b, n, m, d }) => {
  if (n * m === 0) return 0;
  const [i, j] = [whole(0, n - 1), whole(0, m - 1)];
  let sum = 0;
  for (let t = 0; t < d; t++) sum += a[i * d + t] * b[j * d + t];
  return sum;
};

const OPTIONS = {
  topRows: (tool, { n, m }) => {
    const { g, whole, pick, maybe } = tool;
    const ends = ['top', 'bottom', 'both'];
    return {
      k: pick([0, 1, whole(1, 8), whole(1, 60), 400, m + 1]),
      ends: pick(ends),
      divisor: maybe(0.4, () => {
        const range = pick([0, 3, 30, 190]);
        return Float64Array.from({ length: m }, () => 10 ** (range * (2 * g() - 1)));
      }),
      mask: maybe(0.3, () => mask(tool, m)),
      columns: maybe(0.4, () => ({ k: pick([0, 1, whole(1, 20), n + 1]), ends: pick(ends) })),
    };
  },
  topPairs: (tool, shape) => {
    const { g, whole, pick, maybe } = tool;
    const above = maybe(0.35, () => someScore(tool, shape));
    const below = maybe(0.25, () => (above === undefined ? someScore(tool, shape) : above + Math.abs(above) * g()));
    const visit = maybe(0.2, () => true);
    const needed = above === undefined && below === undefined && !visit;
    return {
      k: maybe(needed ? 1 : 0.7, () => pick([0, 1, whole(1, 30), whole(1, 2000), 1_000_000])),
      end: pick(['top', 'bottom']),
      above,
      below,
      visit,
      maskA: maybe(0.25, () => mask(tool, shape.n)),
      maskB: maybe(0.25, () => mask(tool, shape.m)),
      exclude: maybe(0.2, () => [whole(0, 7), whole(1, 7), whole(2, 5)]),
      limitPerFirst: maybe(0.12, () => whole(0, 5)),
      limitPerSecond: maybe(0.12, () => whole(0, 5)),
    };
  },
  columnMeans: ({ maybe }) => ({ approximate: maybe(0.4, () => true) }),
  matmul: () => ({}),
};

/** One question: an operation, two matrices a [n, d] and b [m, d], its options, and in words what it is made of. */
const question = (tool) => {
  const { g, whole, pick } = tool;
  const operation = pick(['topRows', 'topRows', 'topPairs', 'topPairs', 'columnMeans', 'matmul']);
  const size = () => pick([0, 1, whole(2, 20), whole(2, 140), whole(2, 140), whole(100, 700)]);
  let [n, m, d] = [size(), size(), pick([0, 1, whole(2, 17), whole(2, 70), whole(2, 70), 128, 256, whole(100, 320)])];
  if (operation === 'columnMeans' && g() < 0.6) n = whole(256, 900);
  // Long rows are rotated only where their pairs are many.
  const many = operation === 'topPairs' && g() < 0.05;
  if (many) [n, m, d] = [whole(400, 560), whole(500, 700), pick([96, 128, whole(90, 130)])];
  while (n * m * d > (many ? 6e7 : 6e6)) [n, m, d] = [n >> 1, m >> 1, d >> (g() < 0.5 ? 1 : 0)];
  const kindA = pick(Object.keys(KINDS));
  const kindB = g() < 0.5 ? kindA : pick(Object.keys(KINDS));
  const shape = { a: KINDS[kindA](tool, n, d), b: KINDS[kindB](tool, m, d), n, m, d };
  const apart = g() < 0.1;
  if (apart) orthogonal(tool, shape.a, n, shape.b, m, d);
  const options = Object.fromEntries(
    Object.entries(OPTIONS[operation](tool, shape)).filter(([, value]) => value !== undefined),
  );
  const said = Object.entries(options).map(([name, value]) =>
    ArrayBuffer.isView(value) ? name : `${name} ${JSON.stringify(value)}`,
  );
  const what = `${operation} of [${n}, ${d}] ${kindA} and [${m}, ${d}] ${kindB}${apart ? ', orthogonal' : ''}; ${said.join(', ')}`;
  return { operation, ...shape, options, what };
};

/** The questions of case `index`, asked at once: mostly one, sometimes several. */
export const questionsOf = (seed, index) => {
  const tool = tools(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const count = tool.g() < 0.1 ? tool.whole(2, 4) : 1;
  return Array.from({ length: count }, () => question(tool));
};
