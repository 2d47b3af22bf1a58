/**
 * Products of long rows in 16 bits: what the 8-bit screen leaves meets these. Rows are whole steps of their own, 32 numbers a
 * line, padded with zeros; their norms are at most 46340, so that no sum of products leaves 31 bits (Cauchy and Schwarz).
 */
const NORM: f64 = 46340;
const MOST: f64 = 32767;
const ABOUT: usize = 16;

// @ts-ignore: decorator
@inline
function bytesOf(d: i32): usize {
  return usize((d + 31) & ~31) << 1;
}

/** Rounds rows index[i] of x to whole steps and says what that costs: step and norm of what is lost, times factor[i]. */
export function quantise16(
  x: usize,
  index: usize,
  factor: usize,
  rows: i32,
  d: i32,
  out: usize,
  about: usize,
): void {
  const bytes = bytesOf(d);
  const whole = d & ~3;
  for (let i = 0; i < rows; i++, out += bytes, about += ABOUT, index += 4, factor += 8) {
    const from = x + ((usize(load<u32>(index)) * d) << 2);
    let largest: f32 = 0;
    let square: f64 = 0;
    for (let t = 0; t < d; t++) {
      const v = load<f32>(from + (usize(t) << 2));
      largest = max(largest, abs(v));
      square += f64(v) * f64(v);
    }
    const norm = sqrt(square);
    // Rounding moves each number by half a step at most.
    const inverse = norm > 0 ? min((NORM - 0.5001 * sqrt(f64(d))) / norm, MOST / f64(largest)) : 1;
    const step = 1 / inverse;
    let lost = f64x2.splat(0);
    memory.fill(out + usize(whole << 1), 0, bytes - usize(whole << 1));
    let t = 0;
    for (; t < whole; t += 4) {
      const v = v128.load(from + (usize(t) << 2));
      const low = f64x2.promote_low_f32x4(v);
      const high = f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
      const a = f64x2.nearest(f64x2.mul(low, f64x2.splat(inverse)));
      const b = f64x2.nearest(f64x2.mul(high, f64x2.splat(inverse)));
      const e = f64x2.sub(low, f64x2.mul(a, f64x2.splat(step)));
      const g = f64x2.sub(high, f64x2.mul(b, f64x2.splat(step)));
      lost = f64x2.add(lost, f64x2.add(f64x2.mul(e, e), f64x2.mul(g, g)));
      const n = i64x2.shuffle(i32x4.trunc_sat_f64x2_s_zero(a), i32x4.trunc_sat_f64x2_s_zero(b), 0, 2);
      v128.store64_lane(out + (usize(t) << 1), i16x8.narrow_i32x4_s(n, n), 0);
    }
    let rest: f64 = 0;
    for (; t < d; t++) {
      const v = f64(load<f32>(from + (usize(t) << 2)));
      const n = nearest<f64>(v * inverse);
      const e = v - n * step;
      rest += e * e;
      store<i16>(out + (usize(t) << 1), i16(n));
    }
    const by = load<f64>(factor);
    store<f64>(about, step * by);
    store<f64>(about, sqrt(f64x2.extract_lane(lost, 0) + f64x2.extract_lane(lost, 1) + rest) * by, 8);
  }
}

/** Keeps the pairs `i << 16 | j` of a list whose product reaches a limit of row i, and their products (f32). Returns how many. */
export function dots16(
  a: usize,
  aboutA: usize,
  rowsA: u32,
  b: usize,
  aboutB: usize,
  rowsB: u32,
  d: i32,
  list: usize,
  count: i32,
  top: usize,
  bottom: usize,
  out: usize,
): i32 {
  const bytes = bytesOf(d);
  const first = list;
  let to = list;
  for (const end = list + (usize(count) << 2); list < end; list += 4) {
    const entry = load<u32>(list);
    const i = entry >>> 16;
    const j = entry & 0xffff;
    if (i >= rowsA || j >= rowsB) continue;
    let p = a + bytes * usize(i);
    let q = b + bytes * usize(j);
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (const last = p + bytes; p < last; p += 64, q += 64) {
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load(p), v128.load(q)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load(p, 16), v128.load(q, 16)));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load(p, 32), v128.load(q, 32)));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load(p, 48), v128.load(q, 48)));
    }
    s0 = i32x4.add(i32x4.add(s0, s1), i32x4.add(s2, s3));
    const sum =
      i32x4.extract_lane(s0, 0) + i32x4.extract_lane(s0, 1) + i32x4.extract_lane(s0, 2) + i32x4.extract_lane(s0, 3);
    const steps = load<f64>(aboutA + ABOUT * usize(i)) * load<f64>(aboutB + ABOUT * usize(j));
    const value = f32(f64(sum) * steps);
    if (value >= load<f32>(top + (usize(i) << 2)) || -value >= load<f32>(bottom + (usize(i) << 2))) {
      store<u32>(to, entry);
      store<f32>(out + (to - first), value);
      to += 4;
    }
  }
  return i32(to - first) >> 2;
}
