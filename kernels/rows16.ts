import { ROUNDED16_NUMBERS, ROUNDED16_RESIDUAL, ROUNDED16_STEP } from '../src/engine/records';

/**
 * Products of long rows in 16 bits, which meet what the 8-bit screen leaves: v_ij = step_i step_j Σ_t p_it p_jt, with p
 * whole numbers.
 *
 * They take half the memory of fp32 rows, and memory is what these products wait for. A row is rounded to whole steps
 * of its own, to a norm of at most 46340: by Cauchy and Schwarz no sum of products of two such rows leaves 31 bits.
 * Rows are padded with zeros to lines of 32 numbers (64 bytes), so that loops have no remainder.
 */
const NORM: f64 = 46340;
const MOST: f64 = 32767;
const ROUNDED_BYTES: usize = ROUNDED16_NUMBERS << 3;

// @ts-ignore: decorator
@inline
function bytesOf(d: i32): usize {
  return usize((d + 31) & ~31) << 1;
}

/**
 * Rounds rows index[i] of x to whole steps of their own, and writes to `rounded` the step and the norm of the residual,
 * times factor[i].
 */
export function quantise16(
  x: usize,
  index: usize,
  factor: usize,
  rows: i32,
  d: i32,
  out: usize,
  rounded: usize,
): void {
  const bytes = bytesOf(d);
  const whole = d & ~3;
  for (let i = 0; i < rows; i++, out += bytes, rounded += ROUNDED_BYTES, index += 4, factor += 8) {
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
    let residual = f64x2.splat(0);
    memory.fill(out + usize(whole << 1), 0, bytes - usize(whole << 1));
    let t = 0;
    for (; t < whole; t += 4) {
      const v = v128.load(from + (usize(t) << 2));
      const low = f64x2.promote_low_f32x4(v);
      const upper = i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      const high = f64x2.promote_low_f32x4(upper);
      const a = f64x2.nearest(f64x2.mul(low, f64x2.splat(inverse)));
      const b = f64x2.nearest(f64x2.mul(high, f64x2.splat(inverse)));
      const e = f64x2.sub(low, f64x2.mul(a, f64x2.splat(step)));
      const g = f64x2.sub(high, f64x2.mul(b, f64x2.splat(step)));
      residual = f64x2.add(residual, f64x2.add(f64x2.mul(e, e), f64x2.mul(g, g)));
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
    store<f64>(rounded, step * by, ROUNDED16_STEP << 3);
    rest += f64x2.extract_lane(residual, 0) + f64x2.extract_lane(residual, 1);
    store<f64>(rounded, sqrt(rest) * by, ROUNDED16_RESIDUAL << 3);
  }
}

/**
 * Keeps the pairs `i << 16 | j` of a list whose product reaches a limit of row i, and writes their products (f32).
 * Returns how many.
 */
export function dots16(
  a: usize,
  roundedA: usize,
  rowsA: u32,
  b: usize,
  roundedB: usize,
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
    const steps = stepOf(roundedA, i) * stepOf(roundedB, j);
    const value = f32(f64(sum) * steps);
    if (value >= load<f32>(top + (usize(i) << 2)) || -value >= load<f32>(bottom + (usize(i) << 2))) {
      store<u32>(to, entry);
      store<f32>(out + (to - first), value);
      to += 4;
    }
  }
  return i32(to - first) >> 2;
}

// @ts-ignore: decorator
@inline
function stepOf(rounded: usize, row: u32): f64 {
  return load<f64>(rounded + ROUNDED_BYTES * usize(row), ROUNDED16_STEP << 3);
}
