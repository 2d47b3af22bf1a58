/**
 * The 8-bit screen of pairs: lists the pairs (i, j) with Σ_t a_it b_jt >= least, in whole numbers of 8 bits.
 *
 * Operands are packed in groups of 8 rows, dimension pairs side by side: for each of `pairs` pairs of dimensions 16
 * bytes, row r's two values at 2r. One instruction then multiplies two dimensions of 8 rows of b and adds them, eight
 * sums of 16 bits to a vector. a holds -127..127; b holds 0..127, its true values plus 64, because the relaxed dot
 * product wants seven unsigned bits there; the sum of row i starts at `offset[i]` = -64 Σ_t a_it, which takes the 64
 * back. Sums may leave 16 bits on the way and wrap around, but end right, since |a_i| |b_j| < 2^15.
 */

// Rows of a at a time: their values, broadcast to 8 lanes, stay in registers or in the first-level cache.
const A_ROWS: i32 = 4;

/** Products of two bytes with two bytes, summed: eight 16-bit lanes. */
// @ts-ignore: decorator
@inline
function dot8(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_dot<i16>(a, b);
  else {
    const evenA = i16x8.shr_s(i16x8.shl(a, 8), 8);
    const evenB = i16x8.shr_s(i16x8.shl(b, 8), 8);
    return i16x8.add(i16x8.mul(evenA, evenB), i16x8.mul(i16x8.shr_s(a, 8), i16x8.shr_s(b, 8)));
  }
}

/**
 * Lists, as u32 `i << 16 | j`, the pairs of rows i of a (a multiple of 4; broadcast: pair p of row i at
 * (i * pairs + p) * 16) and groups of b whose sum is at least `least`. Returns the end of the list.
 */
export function screen8(
  a: usize,
  rows: i32,
  offset: usize,
  b: usize,
  groups: i32,
  pairs: i32,
  least: i32,
  out: usize,
): usize {
  const limit = i16x8.splat(i16(least - 1));
  const bytes = usize(pairs) << 4;
  for (let i = 0; i < rows; i += A_ROWS, a += bytes << 2, offset += 8) {
    const o0 = v128.load16_splat(offset);
    const o1 = v128.load16_splat(offset, 2);
    const o2 = v128.load16_splat(offset, 4);
    const o3 = v128.load16_splat(offset, 6);
    let q = b;
    for (let g = 0; g < groups; g += 2) {
      let s00 = o0;
      let s01 = o0;
      let s10 = o1;
      let s11 = o1;
      let s20 = o2;
      let s21 = o2;
      let s30 = o3;
      let s31 = o3;
      let p = a;
      for (const end = q + bytes; q < end; q += 16, p += 16) {
        const low = v128.load(q);
        const high = v128.load(q + bytes);
        const x0 = v128.load(p);
        s00 = i16x8.add(s00, dot8(x0, low));
        s01 = i16x8.add(s01, dot8(x0, high));
        const x1 = v128.load(p + bytes);
        s10 = i16x8.add(s10, dot8(x1, low));
        s11 = i16x8.add(s11, dot8(x1, high));
        const x2 = v128.load(p + 2 * bytes);
        s20 = i16x8.add(s20, dot8(x2, low));
        s21 = i16x8.add(s21, dot8(x2, high));
        const x3 = v128.load(p + 3 * bytes);
        s30 = i16x8.add(s30, dot8(x3, low));
        s31 = i16x8.add(s31, dot8(x3, high));
      }
      q += bytes;
      s00 = i16x8.gt_s(s00, limit);
      s01 = i16x8.gt_s(s01, limit);
      s10 = i16x8.gt_s(s10, limit);
      s11 = i16x8.gt_s(s11, limit);
      s20 = i16x8.gt_s(s20, limit);
      s21 = i16x8.gt_s(s21, limit);
      s30 = i16x8.gt_s(s30, limit);
      s31 = i16x8.gt_s(s31, limit);
      const any = v128.or(
        v128.or(v128.or(s00, s01), v128.or(s10, s11)),
        v128.or(v128.or(s20, s21), v128.or(s30, s31)),
      );
      if (v128.any_true(any)) {
        const j = g << 3;
        out = list(s00, s01, i, j, out);
        out = list(s10, s11, i + 1, j, out);
        out = list(s20, s21, i + 2, j, out);
        out = list(s30, s31, i + 3, j, out);
      }
    }
  }
  return out;
}

function list(low: v128, high: v128, i: i32, j: i32, out: usize): usize {
  let bits = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
  for (; bits; bits &= bits - 1, out += 4) store<u32>(out, (i << 16) | (j + ctz(bits)));
  return out;
}
