import { madd32 } from './madd';

/**
 * fp32 products of blocks: out_ij = Σ_t a_it b_jt for all rows of two packed operands, and lists of what a block holds.
 *
 * Operands are packed in panels of 8 rows, dimension by dimension, so that one load gives a dimension of 4 rows of b,
 * one broadcast that of a row of a, and all reads are in order. A tile of 4 x 8 sums stays in registers for all
 * dimensions: 8 loads and broadcasts serve 32 multiplications.
 */

/**
 * Packs listed rows of x, each multiplied by its fp64 factor and rounded once, in panels of 8 rows, dimension by
 * dimension; missing rows are zeros. index[i] (u32) is the row of x, factor[i] (f64) its factor.
 */
export function panels32(x: usize, d: i32, index: usize, factor: usize, rows: i32, out: usize): void {
  for (let start = 0; start < rows; start += 8) {
    for (let r = 0; r < 8; r++) {
      let to = out + (usize(r) << 2);
      if (start + r < rows) {
        let from = x + ((usize(load<u32>(index + (usize(start + r) << 2))) * d) << 2);
        const by = load<f64>(factor + (usize(start + r) << 3));
        for (let t = 0; t < d; t++, from += 4, to += 32) store<f32>(to, f32(f64(load<f32>(from)) * by));
      } else {
        for (let t = 0; t < d; t++, to += 32) store<f32>(to, 0);
      }
    }
    out += usize(d) << 5;
  }
}

/**
 * fp32 products of panels: out[i * stride + j] = a_i · b_j for all rows of `panelsA` panels of a and `panelsB` of b.
 * Register tile 4 x 8: eight sums, two vectors of b, one broadcast of a.
 */
export function product32(a: usize, panelsA: i32, b: usize, panelsB: i32, d: i32, out: usize, stride: i32): void {
  const panel = usize(d) << 5;
  const row = usize(stride) << 2;
  for (let j = 0; j < panelsB; j++, b += panel, out += 32) {
    let o = out;
    for (let i = 0; i < panelsA * 2; i++) {
      let p = a + panel * (i >> 1) + usize((i & 1) << 4);
      let q = b;
      let s00 = f32x4.splat(0);
      let s01 = s00;
      let s10 = s00;
      let s11 = s00;
      let s20 = s00;
      let s21 = s00;
      let s30 = s00;
      let s31 = s00;
      for (const end = p + panel; p < end; p += 32, q += 32) {
        const low = v128.load(q);
        const high = v128.load(q, 16);
        const x0 = v128.load32_splat(p);
        s00 = madd32(x0, low, s00);
        s01 = madd32(x0, high, s01);
        const x1 = v128.load32_splat(p, 4);
        s10 = madd32(x1, low, s10);
        s11 = madd32(x1, high, s11);
        const x2 = v128.load32_splat(p, 8);
        s20 = madd32(x2, low, s20);
        s21 = madd32(x2, high, s21);
        const x3 = v128.load32_splat(p, 12);
        s30 = madd32(x3, low, s30);
        s31 = madd32(x3, high, s31);
      }
      v128.store(o, s00);
      v128.store(o, s01, 16);
      o += row;
      v128.store(o, s10);
      v128.store(o, s11, 16);
      o += row;
      v128.store(o, s20);
      v128.store(o, s21, 16);
      o += row;
      v128.store(o, s30);
      v128.store(o, s31, 16);
      o += row;
    }
  }
}

/**
 * Lists the entries of a tile [rows, columns] (row length `stride`, columns a multiple of 4) with
 * low[i] <= value <= high[i], as (row << 16 | column). Returns how many; `out` has room for rows * columns.
 */
export function scan(tile: usize, rows: i32, columns: i32, stride: i32, low: usize, high: usize, out: usize): i32 {
  const start = out;
  for (let i = 0; i < rows; i++, low += 4, high += 4) {
    const least = v128.load32_splat(low);
    const most = v128.load32_splat(high);
    const row = tile + ((usize(i) * stride) << 2);
    for (let j = 0; j < columns; j += 4) {
      const v = v128.load(row + (usize(j) << 2));
      let bits = i32x4.bitmask(v128.and(f32x4.ge(v, least), f32x4.le(v, most)));
      for (; bits; bits &= bits - 1, out += 4) store<u32>(out, (i << 16) | (j + ctz(bits)));
    }
  }
  return i32(out - start) >> 2;
}

/**
 * Lists the entries of a tile [rows, columns] (row length `stride`, columns a multiple of 4) that reach a limit of
 * their row or column: value >= top or -value >= bottom; as (row << 16 | column). Returns how many; `out` has room for
 * rows * columns.
 */
export function siftTile(
  tile: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  top: usize,
  bottom: usize,
  columnTop: usize,
  columnBottom: usize,
  out: usize,
): i32 {
  const start = out;
  for (let i = 0; i < rows; i++, top += 4, bottom += 4) {
    const least = v128.load32_splat(top);
    const most = f32x4.neg(v128.load32_splat(bottom));
    const row = tile + ((usize(i) * stride) << 2);
    for (let j = 0; j < columns; j += 4) {
      const at = usize(j) << 2;
      const v = v128.load(row + at);
      const own = v128.or(f32x4.ge(v, least), f32x4.le(v, most));
      const other = v128.or(
        f32x4.ge(v, v128.load(columnTop + at)),
        f32x4.le(v, f32x4.neg(v128.load(columnBottom + at))),
      );
      let bits = i32x4.bitmask(v128.or(own, other));
      for (; bits; bits &= bits - 1, out += 4) store<u32>(out, (i << 16) | (j + ctz(bits)));
    }
  }
  return i32(out - start) >> 2;
}
