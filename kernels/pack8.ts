/**
 * Packs `rows` rows (row index[i] of x, row length `stride`) in steps of `step` for `screen8`: the first `prefix`
 * dimensions rounded to whole steps, then three dimensions whose products bound what rounding and the tail can add
 * (docs/engine.md). error[index[i]] (f64) bounds the distance of the row from the true one. `first` is 1 for the
 * operand a: rows of 2 * pairs bytes and offsets (i16); 0 for b: groups of 8 rows, values plus 64; missing rows are
 * zeros. Returns the largest squared norm of a packed row; values must not exceed 127 (a) and 63 (b).
 */
export function pack8(
  x: usize,
  stride: i32,
  index: usize,
  rows: i32,
  d: i32,
  prefix: i32,
  step: f64,
  error: usize,
  first: i32,
  pairs: i32,
  out: usize,
  offset: usize,
): i32 {
  const inverse = 1 / step;
  const width = pairs << 1;
  let largest = 0;
  const padded = first ? rows : (rows + 7) & ~7;
  for (let i = 0; i < padded; i++) {
    const to = first ? out + usize(i * width) : out + usize((i >> 3) * pairs * 16 + ((i & 7) << 1));
    if (i >= rows) {
      for (let t = 0; t < width; t++) store<u8>(to + usize((t >> 1) * 16 + (t & 1)), 64);
      continue;
    }
    const r = load<u32>(index + (usize(i) << 2));
    const from = x + ((usize(r) * stride) << 2);
    const delta = load<f64>(error + (usize(r) << 3));
    let lost: f64 = 0;
    let kept = 0;
    let sum = 0;
    for (let t = 0; t < prefix; t++) {
      const v = f64(load<f32>(from + (usize(t) << 2)));
      const q = nearest<f64>(v * inverse);
      const e = v - q * step;
      lost += e * e;
      const n = i32(q);
      kept += n * n;
      sum += n;
      put(to, t, n, first);
    }
    let tail: f64 = 0;
    for (let t = prefix; t < d; t++) {
      const v = f64(load<f32>(from + (usize(t) << 2)));
      tail += v * v;
    }
    // In steps; the last factor outweighs the rounding of these few fp64 operations.
    const up = 1 + 1e-9;
    const y = (sqrt(lost) * inverse + delta * inverse) * up;
    const z = (sqrt(tail) * inverse + delta * inverse) * up;
    const size = sqrt(f64(kept)) * up;
    // a: (size / 4, 4 y, z) times b: (4 y, (size + y) / 4, z) >= size_a y_b + y_a (size_b + y_b) + z_a z_b
    const n0 = i32(min(127, ceil(first ? size * 0.25 : y * 4)));
    const n1 = i32(min(127, ceil(first ? y * 4 : (size + y) * 0.25)));
    const n2 = i32(min(127, ceil(z)));
    put(to, prefix, n0, first);
    put(to, prefix + 1, n1, first);
    put(to, prefix + 2, n2, first);
    for (let t = prefix + 3; t < width; t++) put(to, t, 0, first);
    sum += n0 + n1 + n2;
    kept += n0 * n0 + n1 * n1 + n2 * n2;
    largest = max(largest, kept);
    if (n0 == 127 || n1 == 127 || n2 == 127 || (!first && (n0 > 63 || n1 > 63 || n2 > 63))) largest = i32.MAX_VALUE;
    if (first) store<i16>(offset + (usize(i) << 1), i16(-64 * sum));
  }
  return largest;
}

// @ts-ignore: decorator
@inline
function put(to: usize, t: i32, n: i32, first: i32): void {
  if (first) store<i8>(to + usize(t), i8(n));
  else store<u8>(to + usize((t >> 1) * 16 + (t & 1)), u8(n + 64));
}

/** Repeats each pair of bytes of packed rows of a eight times: 16 bytes a pair, as `screen8` reads them. */
export function broadcast8(a: usize, rows: i32, pairs: i32, out: usize): void {
  const count = rows * pairs;
  for (let i = 0; i < count; i++, a += 2, out += 16) v128.store(out, v128.load16_splat(a));
}

/**
 * Keeps, of a list of `i << 16 | j`, the pairs whose fp32 dot product is at least `least`, as pairs of row numbers
 * (u32, u32) at `out`; i must be below `rowsA`, j below `rowsB`. Rows are indexA[i] of a and indexB[j] of b, padded to `stride`
 * (a multiple of 4). Returns how many.
 */
export function dots32(
  a: usize,
  indexA: usize,
  b: usize,
  indexB: usize,
  rowsA: i32,
  rowsB: i32,
  stride: i32,
  list: usize,
  end: usize,
  least: f32,
  out: usize,
): i32 {
  const start = out;
  const bytes = usize(stride) << 2;
  for (; list < end; list += 4) {
    const entry = load<u32>(list);
    const j = entry & 0xffff;
    if (i32(j) >= rowsB || i32(entry >>> 16) >= rowsA) continue;
    const ia = load<u32>(indexA + usize((entry >>> 16) << 2));
    const ib = load<u32>(indexB + usize(j << 2));
    const p = a + bytes * ia;
    const q = b + bytes * ib;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let t: usize = 0;
    for (; t + 32 <= bytes; t += 32) {
      s0 = f32x4.add(s0, f32x4.mul(v128.load(p + t), v128.load(q + t)));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(p + t, 16), v128.load(q + t, 16)));
    }
    if (t < bytes) s0 = f32x4.add(s0, f32x4.mul(v128.load(p + t), v128.load(q + t)));
    s0 = f32x4.add(s0, s1);
    const sum =
      f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    if (sum >= least) {
      store<u32>(out, ia);
      store<u32>(out, ib, 4);
      out += 8;
    }
  }
  return i32(out - start) >> 3;
}
