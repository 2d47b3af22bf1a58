import {
  COLUMN_ERRORS,
  COLUMN_LENGTHS,
  COLUMN_PARTS,
  COLUMN_STEPS,
  ROUNDED8_LENGTH,
  ROUNDED8_NORM,
  ROUNDED8_NUMBERS,
  ROUNDED8_PART,
  ROUNDED8_RESIDUAL,
  ROUNDED8_START,
  ROUNDED8_STEP,
  ROW_BOTTOM,
  ROW_ERROR,
  ROW_NORM,
  ROW_NUMBERS,
  ROW_PART,
  ROW_START,
  ROW_TOP,
} from '../src/engine/records';
import { madd32 } from './madd';

/**
 * The 8-bit screen of long rows. Rows of both sides are rounded to whole numbers q of 8 bits, in steps of their own,
 * and a pair is listed when its true product may reach a limit of its row, that is when
 *
 *   v + bound >= top_i steps_j   or   v - bound <= bottom_i steps_j,
 *   v = Σ_t q_it q_jt + part_i part_j,   bound = error_i length_j + norm_i error_j
 *
 * (docs/engine.md has the proof; src/engine/records.ts names the numbers beside rows).
 *
 * Rows of a hold -127..127, one after the other, in whole pairs of quads (four dimensions). Rows of b hold 0..127,
 * their values plus 64, in groups of 16 rows: of each quad four vectors with the quads of four rows. So one vector of b
 * meets one quad of a row of a, broadcast to all lanes, and gives four sums of 32 bits. Values past the last dimension
 * are zeros.
 */
const ROW_BYTES: usize = ROW_NUMBERS << 2;


/**
 * A row that lies along the direction has almost nothing left, which would be rounding errors alone. So the largest
 * value counts as at least this share of the row's norm.
 */
const FINEST: f64 = 1e-9;

/**
 * Rounds rows index[i] of x for the screen. First dimension t is multiplied by factor t of the frame, and the row's
 * part along the frame's direction is taken out; the rest is rounded to whole steps, of which the largest value has 127
 * (`first`) or 63. `rounded` gets what the bounds need to know of each row (ROUNDED8_…).
 */
export function quantise(
  x: usize,
  index: usize,
  rows: i32,
  d: i32,
  frame: usize,
  first: i32,
  out: usize,
  rounded: usize,
): void {
  const width = (d + 7) & ~7;
  const direction = frame + (usize(d) << 3);
  if (!first) memory.fill(out, 64, usize(((rows + 15) & ~15) * width));
  for (let i = 0; i < rows; i++, rounded += ROUNDED8_NUMBERS << 3) {
    const from = x + ((usize(load<u32>(index + (usize(i) << 2))) * d) << 2);
    let square: f64 = 0;
    let part: f64 = 0;
    for (let t = 0; t < d; t++) {
      const v = factored(from, frame, t);
      square += v * v;
      part += v * load<f64>(direction + (usize(t) << 3));
    }
    const norm = sqrt(square);
    let largest = FINEST * norm;
    for (let t = 0; t < d; t++) largest = max(largest, abs(framed(from, frame, direction, part, t)));
    const step = largest > 0 ? largest / (first ? 127 : 63) : 1;
    const inverse = 1 / step;
    let residual: f64 = 0;
    let kept = 0;
    let sum = 0;
    const to = first ? out + usize(i * width) : out + usize((i >> 4) * width * 16 + ((i & 15) << 2));
    for (let t = 0; t < width; t++) {
      let n = 0;
      if (t < d) {
        const v = framed(from, frame, direction, part, t);
        const whole = nearest<f64>(v * inverse);
        const e = v - whole * step;
        residual += e * e;
        n = i32(whole);
        kept += n * n;
        sum += n;
      }
      if (first) store<i8>(to + usize(t), i8(n));
      else store<u8>(to + usize((t >> 2) * 64 + (t & 3)), u8(n + 64));
    }
    store<f64>(rounded, step, ROUNDED8_STEP << 3);
    store<f64>(rounded, norm * inverse, ROUNDED8_NORM << 3);
    store<f64>(rounded, sqrt(f64(kept)), ROUNDED8_LENGTH << 3);
    store<f64>(rounded, sqrt(residual) * inverse, ROUNDED8_RESIDUAL << 3);
    store<f64>(rounded, part * inverse, ROUNDED8_PART << 3);
    store<f64>(rounded, f64(first ? -64 * sum : 0), ROUNDED8_START << 3);
  }
}

// @ts-ignore: decorator
@inline
function factored(row: usize, factors: usize, t: i32): f64 {
  return f64(load<f32>(row + (usize(t) << 2))) * load<f64>(factors + (usize(t) << 3));
}

// @ts-ignore: decorator
@inline
function framed(row: usize, factors: usize, direction: usize, part: f64, t: i32): f64 {
  return factored(row, factors, t) - part * load<f64>(direction + (usize(t) << 3));
}

/** Four sums of four products each, of signed bytes of a and bytes 0..127 of b, added to c. */
// @ts-ignore: decorator
@inline
export function quads(a: v128, b: v128, c: v128): v128 {
  // A product with ones adds neighbours as extadd_pairwise does, for which V8 reads a constant from memory every time.
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.add(c, i32x4.dot_i16x8_s(v128.relaxed_dot<i16>(a, b), i16x8.splat(1)));
  else {
    const even = i32x4.dot_i16x8_s(i16x8.shr_s(i16x8.shl(a, 8), 8), v128.and(b, i16x8.splat(0xff)));
    return i32x4.add(c, i32x4.add(even, i32x4.dot_i16x8_s(i16x8.shr_s(a, 8), i16x8.shr_u(b, 8))));
  }
}

/**
 * Lists `i << 16 | j` where a sum of products may reach a limit; src/engine/kernels.ts says which. Returns how many.
 */
export function screenRows(
  a: usize,
  limits: usize,
  rows: i32,
  b: usize,
  columns: usize,
  groups: i32,
  stride: i32,
  d: i32,
  out: usize,
): i32 {
  const start = out;
  const width = usize((d + 7) & ~7);
  for (let g = 0; g < groups * 2; g++) {
    // Half a group: 8 rows of b.
    const half = b + usize(g >> 1) * width * 16 + usize((g & 1) << 5);
    const column = usize(g << 5);
    for (let i = 0; i < rows; i += 4) {
      const last = rows - 1;
      const i1 = min(i + 1, last);
      const i2 = min(i + 2, last);
      const i3 = min(i + 3, last);
      let p0 = a + usize(i) * width;
      const p1 = usize(i1 - i) * width;
      const p2 = usize(i2 - i) * width;
      const p3 = usize(i3 - i) * width;
      let s00 = v128.load32_splat(limits + usize(i) * ROW_BYTES, ROW_START << 2);
      let s01 = s00;
      let s10 = v128.load32_splat(limits + usize(i1) * ROW_BYTES, ROW_START << 2);
      let s11 = s10;
      let s20 = v128.load32_splat(limits + usize(i2) * ROW_BYTES, ROW_START << 2);
      let s21 = s20;
      let s30 = v128.load32_splat(limits + usize(i3) * ROW_BYTES, ROW_START << 2);
      let s31 = s30;
      let q = half;
      for (const end = p0 + width; p0 < end; p0 += 8, q += 128) {
        const low0 = v128.load(q);
        const high0 = v128.load(q, 16);
        const x00 = v128.load32_splat(p0);
        s00 = quads(x00, low0, s00);
        s01 = quads(x00, high0, s01);
        const x10 = v128.load32_splat(p0 + p1);
        s10 = quads(x10, low0, s10);
        s11 = quads(x10, high0, s11);
        const x20 = v128.load32_splat(p0 + p2);
        s20 = quads(x20, low0, s20);
        s21 = quads(x20, high0, s21);
        const x30 = v128.load32_splat(p0 + p3);
        s30 = quads(x30, low0, s30);
        s31 = quads(x30, high0, s31);
        const low1 = v128.load(q, 64);
        const high1 = v128.load(q, 80);
        const x01 = v128.load32_splat(p0, 4);
        s00 = quads(x01, low1, s00);
        s01 = quads(x01, high1, s01);
        const x11 = v128.load32_splat(p0 + p1, 4);
        s10 = quads(x11, low1, s10);
        s11 = quads(x11, high1, s11);
        const x21 = v128.load32_splat(p0 + p2, 4);
        s20 = quads(x21, low1, s20);
        s21 = quads(x21, high1, s21);
        const x31 = v128.load32_splat(p0 + p3, 4);
        s30 = quads(x31, low1, s30);
        s31 = quads(x31, high1, s31);
      }
      out = sift(s00, s01, i, limits, columns + column, stride, g << 3, out);
      if (i + 1 < rows) out = sift(s10, s11, i1, limits, columns + column, stride, g << 3, out);
      if (i + 2 < rows) out = sift(s20, s21, i2, limits, columns + column, stride, g << 3, out);
      if (i + 3 < rows) out = sift(s30, s31, i3, limits, columns + column, stride, g << 3, out);
    }
  }
  return i32(out - start) >> 2;
}

function sift(
  low: v128,
  high: v128,
  i: i32,
  limits: usize,
  columns: usize,
  stride: i32,
  j: i32,
  out: usize,
): usize {
  const row = limits + usize(i) * ROW_BYTES;
  let bits = reaching(low, row, columns, stride) | (reaching(high, row, columns + 16, stride) << 4);
  for (; bits; bits &= bits - 1, out += 4) store<u32>(out, (i << 16) | (j + ctz(bits)));
  return out;
}

// @ts-ignore: decorator
@inline
function reaching(sums: v128, row: usize, columns: usize, stride: i32): i32 {
  const next = usize(stride) << 2;
  const part = v128.load32_splat(row, ROW_PART << 2);
  const value = madd32(part, v128.load(columns + COLUMN_PARTS * next), f32x4.convert_i32x4_s(sums));
  const bound = f32x4.add(
    f32x4.mul(v128.load32_splat(row, ROW_ERROR << 2), v128.load(columns + COLUMN_LENGTHS * next)),
    f32x4.mul(v128.load32_splat(row, ROW_NORM << 2), v128.load(columns + COLUMN_ERRORS * next)),
  );
  const steps = v128.load(columns + COLUMN_STEPS * next);
  return i32x4.bitmask(
    v128.or(
      f32x4.ge(f32x4.add(value, bound), f32x4.mul(v128.load32_splat(row, ROW_TOP << 2), steps)),
      f32x4.le(f32x4.sub(value, bound), f32x4.mul(v128.load32_splat(row, ROW_BOTTOM << 2), steps)),
    ),
  );
}

/** out[p] = Σ_t a_it b_jt in fp32, of stored rows indexA[i] and indexB[j], for each pair `i << 16 | j` of a list. */
export function listedDots32(
  a: usize,
  indexA: usize,
  rowsA: i32,
  b: usize,
  indexB: usize,
  rowsB: i32,
  d: i32,
  list: usize,
  count: i32,
  out: usize,
): void {
  const bytes = usize(d) << 2;
  for (const end = list + (usize(count) << 2); list < end; list += 4, out += 4) {
    const entry = load<u32>(list);
    const p = a + bytes * load<u32>(indexA + usize((entry >>> 16) << 2));
    const q = b + bytes * load<u32>(indexB + usize((entry & 0xffff) << 2));
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let t: usize = 0;
    for (; t + 64 <= bytes; t += 64) {
      s0 = madd32(v128.load(p + t), v128.load(q + t), s0);
      s1 = madd32(v128.load(p + t, 16), v128.load(q + t, 16), s1);
      s2 = madd32(v128.load(p + t, 32), v128.load(q + t, 32), s2);
      s3 = madd32(v128.load(p + t, 48), v128.load(q + t, 48), s3);
    }
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    let sum =
      f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (; t < bytes; t += 4) sum += load<f32>(p + t) * load<f32>(q + t);
    store<f32>(out, sum);
  }
}
