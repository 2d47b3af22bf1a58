import { madd64 } from './madd';

/**
 * Packing for the 8-bit screen of pairs, and the fp32 products of what it leaves.
 *
 *   pack8:  q_it = x_it / step, rounded to whole numbers for t < prefix, and three more numbers, whose products with
 *           those of the other side are at least what rounding and the dimensions from prefix on can add
 *           (docs/engine.md, "The 8-bit screen")
 *   dots32: keeps the listed pairs (i, j) with Σ_t a_it b_jt >= least
 *
 * Rows of a block are gathered one after the other first: their order in the search is not that in memory, and every
 * later pass reads them in order.
 */

/**
 * Copies rows index[i] (u32) of x (row length `stride`, a multiple of 4) one after the other to `out`. Writes to
 * `extent` (f64) the largest size of a value in the first `prefix` dimensions and the largest squared norm of the rest.
 */
export function gather32(x: usize, stride: i32, index: usize, rows: i32, prefix: i32, out: usize, extent: usize): void {
  const bytes = usize(stride) << 2;
  const whole = usize(prefix & ~3) << 2;
  const head = usize(prefix) << 2;
  const rest = min(usize((prefix + 3) & ~3) << 2, bytes);
  let most = f32x4.splat(0);
  let longest: f64 = 0;
  for (let i = 0; i < rows; i++, index += 4, out += bytes) {
    const from = x + bytes * load<u32>(index);
    memory.copy(out, from, bytes);
    let t: usize = 0;
    for (; t < whole; t += 16) most = f32x4.max(most, f32x4.abs(v128.load(from + t)));
    for (; t < head; t += 4) most = f32x4.max(most, f32x4.splat(abs(load<f32>(from + t))));
    let tail: f64 = 0;
    for (; t < rest; t += 4) tail += f64(load<f32>(from + t)) * f64(load<f32>(from + t));
    let even = f64x2.splat(0);
    let odd = even;
    for (; t < bytes; t += 16) {
      const low = f64x2.promote_low_f32x4(v128.load64_zero(from + t));
      const high = f64x2.promote_low_f32x4(v128.load64_zero(from + t, 8));
      even = madd64(low, low, even);
      odd = madd64(high, high, odd);
    }
    even = f64x2.add(even, odd);
    longest = max(longest, tail + f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1));
  }
  const size = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  store<f64>(extent, f64(size));
  store<f64>(extent, longest, 8);
}

/**
 * Packs `rows` rows of x (row length `stride`) in steps of `step` for `screen8`: the first `prefix` dimensions rounded
 * to whole steps, then three dimensions whose products bound what rounding and the tail can add (docs/engine.md).
 * `error` bounds the distance of each row from the true one. `first` is 1 for the operand a: rows of 2 * pairs bytes
 * and offsets (i16); 0 for b: groups of 8 rows, values plus 64; missing rows are zeros. Returns the largest squared
 * norm of a packed row; values must not exceed 127 (a) and 63 (b).
 */
export function pack8(
  x: usize,
  stride: i32,
  rows: i32,
  d: i32,
  prefix: i32,
  step: f64,
  error: f64,
  first: i32,
  pairs: i32,
  out: usize,
  offset: usize,
): i32 {
  const inverse = 1 / step;
  const width = pairs << 1;
  const delta = error * inverse;
  let largest = 0;
  const padded = first ? rows : (rows + 7) & ~7;
  for (let i = 0; i < padded; i++) {
    const to = first ? out + usize(i * width) : out + usize((i >> 3) * pairs * 16 + ((i & 7) << 1));
    if (i >= rows) {
      for (let t = 0; t < width; t++) store<u8>(to + usize((t >> 1) * 16 + (t & 1)), 64);
      continue;
    }
    const from = x + ((usize(i) * stride) << 2);
    let lost: f64 = 0;
    let kept: f64 = 0;
    let sum: f64 = 0;
    let t = 0;
    let lost2 = f64x2.splat(0);
    let kept2 = lost2;
    let sum2 = lost2;
    const inverse2 = f64x2.splat(inverse);
    const step2 = f64x2.splat(step);
    for (; t + 2 <= prefix; t += 2) {
      const v = f64x2.promote_low_f32x4(v128.load64_zero(from + (usize(t) << 2)));
      const q = f64x2.nearest(f64x2.mul(v, inverse2));
      const e = f64x2.sub(v, f64x2.mul(q, step2));
      lost2 = madd64(e, e, lost2);
      kept2 = madd64(q, q, kept2);
      sum2 = f64x2.add(sum2, q);
      const n = i32x4.trunc_sat_f64x2_s_zero(q);
      put(to, t, i32x4.extract_lane(n, 0), first);
      put(to, t + 1, i32x4.extract_lane(n, 1), first);
    }
    lost = f64x2.extract_lane(lost2, 0) + f64x2.extract_lane(lost2, 1);
    kept = f64x2.extract_lane(kept2, 0) + f64x2.extract_lane(kept2, 1);
    sum = f64x2.extract_lane(sum2, 0) + f64x2.extract_lane(sum2, 1);
    for (; t < prefix; t++) {
      const v = f64(load<f32>(from + (usize(t) << 2)));
      const q = nearest<f64>(v * inverse);
      const e = v - q * step;
      lost += e * e;
      kept += q * q;
      sum += q;
      put(to, t, i32(q), first);
    }
    let even: f64 = 0;
    let odd: f64 = 0;
    for (; t + 2 <= d; t += 2) {
      const v = f64(load<f32>(from + (usize(t) << 2)));
      const w = f64(load<f32>(from + (usize(t) << 2), 4));
      even += v * v;
      odd += w * w;
    }
    if (t < d) even += f64(load<f32>(from + (usize(t) << 2))) * f64(load<f32>(from + (usize(t) << 2)));
    // In steps; the last factor outweighs the rounding of these few fp64 operations.
    const up = 1 + 1e-9;
    const y = (sqrt(lost) * inverse + delta) * up;
    const z = (sqrt(even + odd) * inverse + delta) * up;
    const size = sqrt(kept) * up;
    // a: (size / 4, 4 y, 1.5 z) times b: (4 y, (size + y) / 4, z / 1.5) >= size_a y_b + y_a (size_b + y_b) + z_a z_b
    const n0 = i32(min(127, ceil(first ? size * 0.25 : y * 4)));
    const n1 = i32(min(127, ceil(first ? y * 4 : (size + y) * 0.25)));
    const n2 = i32(min(127, ceil((first ? z * 1.5 : z / 1.5) * up)));
    put(to, prefix, n0, first);
    put(to, prefix + 1, n1, first);
    put(to, prefix + 2, n2, first);
    for (let t = prefix + 3; t < width; t++) put(to, t, 0, first);
    const whole = i32(min(f64(1 << 30), kept)) + n0 * n0 + n1 * n1 + n2 * n2;
    largest = max(largest, whole);
    if (n0 == 127 || n1 == 127 || n2 == 127 || (!first && (n0 > 63 || n1 > 63 || n2 > 63))) largest = i32.MAX_VALUE;
    if (first) store<i16>(offset + (usize(i) << 1), i16(-64 * (i32(sum) + n0 + n1 + n2)));
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
 * Keeps, of a list of `i << 16 | j`, the pairs whose fp32 dot product is at least `least`, as the numbers
 * indexA[i], indexB[j] (u32, u32) at `out`; i must be below `rowsA`, j below `rowsB`. Rows are row i of a and row j of
 * b, padded to `stride` (a multiple of 4). Returns how many.
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
    const i = entry >>> 16;
    if (i32(j) >= rowsB || i32(i) >= rowsA) continue;
    const p = a + bytes * i;
    const q = b + bytes * j;
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
      store<u32>(out, load<u32>(indexA + usize(i << 2)));
      store<u32>(out, load<u32>(indexB + usize(j << 2)), 4);
      out += 8;
    }
  }
  return i32(out - start) >> 3;
}
