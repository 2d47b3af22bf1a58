import { madd64 } from './madd';

/**
 * Exact kernels: what they compute is the contract's own arithmetic, in fp64.
 *
 *   norms:    out_i  = Σ_t x_it²
 *   dots64:   out_p  = Σ_t a_it b_jt for listed pairs (i, j), in the order t = 0, 1, 2 …
 *   matmul64: out_ij = Σ_t a_it b_jt for all pairs, in the same order, rounded once to fp32
 *
 * A sum in index order is one chain of additions, and each must wait for the one before. So several sums run side by
 * side, and vectors hold different pairs or columns, never parts of one sum: that is why b is packed in panels of 4
 * rows, dimension by dimension.
 */

/** Squared norms: out[i] = sum of squares of row i in fp64; not finite exactly when the row is not. */
export function norms(x: usize, rows: i32, d: i32, out: usize): void {
  for (let i = 0; i < rows; i++, out += 8) {
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    let t = 0;
    for (; t + 4 <= d; t += 4, x += 16) {
      const v = v128.load(x);
      const low = f64x2.promote_low_f32x4(v);
      const high = f64x2.promote_low_f32x4(
        i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
      );
      even = madd64(low, low, even);
      odd = madd64(high, high, odd);
    }
    const both = f64x2.add(even, odd);
    let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
    for (; t < d; t++, x += 4) {
      const v = f64(load<f32>(x));
      sum += v * v;
    }
    store<f64>(out, sum);
  }
}

/** Scores of listed pairs: out[p] = fp64 dot product, in index order, of rows list[2p] of a and list[2p + 1] of b. */
export function dots64(a: usize, b: usize, d: i32, list: usize, count: i32, out: usize): void {
  const bytes = usize(d) << 2;
  let p = 0;
  // Four pairs at a time: a sum in index order is one chain of additions, so speed comes from several chains.
  for (; p + 4 <= count; p += 4, list += 32, out += 32) {
    const a0 = a + bytes * load<u32>(list);
    const b0 = b + bytes * load<u32>(list, 4);
    const a1 = a + bytes * load<u32>(list, 8);
    const b1 = b + bytes * load<u32>(list, 12);
    const a2 = a + bytes * load<u32>(list, 16);
    const b2 = b + bytes * load<u32>(list, 20);
    const a3 = a + bytes * load<u32>(list, 24);
    const b3 = b + bytes * load<u32>(list, 28);
    let s0: f64 = 0;
    let s1: f64 = 0;
    let s2: f64 = 0;
    let s3: f64 = 0;
    for (let t: usize = 0; t < bytes; t += 4) {
      s0 += f64(load<f32>(a0 + t)) * f64(load<f32>(b0 + t));
      s1 += f64(load<f32>(a1 + t)) * f64(load<f32>(b1 + t));
      s2 += f64(load<f32>(a2 + t)) * f64(load<f32>(b2 + t));
      s3 += f64(load<f32>(a3 + t)) * f64(load<f32>(b3 + t));
    }
    store<f64>(out, s0);
    store<f64>(out, s1, 8);
    store<f64>(out, s2, 16);
    store<f64>(out, s3, 24);
  }
  for (; p < count; p++, list += 8, out += 8) {
    const pa = a + bytes * load<u32>(list);
    const pb = b + bytes * load<u32>(list, 4);
    let s: f64 = 0;
    for (let t: usize = 0; t < bytes; t += 4) s += f64(load<f32>(pa + t)) * f64(load<f32>(pb + t));
    store<f64>(out, s);
  }
}

/** Packs rows of x for `matmul64`: panels of 4 rows, fp64, dimension by dimension; missing rows are zeros. */
export function panels64(x: usize, rows: i32, d: i32, out: usize): void {
  for (let start = 0; start < rows; start += 4) {
    for (let t = 0; t < d; t++) {
      for (let r = 0; r < 4; r++, out += 8) {
        const row = start + r;
        store<f64>(out, row < rows ? f64(load<f32>(x + ((usize(row) * d + t) << 2))) : 0);
      }
    }
  }
}

/**
 * out[i * stride + j] = a_i · b_j in fp64, in index order, rounded once to fp32. b in panels; stride a multiple of 4.
 */
export function matmul64(a: usize, rows: i32, b: usize, panels: i32, d: i32, out: usize, stride: i32): void {
  const bytes = usize(d) << 2;
  for (let panel = 0; panel < panels; panel++, b += usize(d) << 5, out += 16) {
    for (let i = 0; i < rows; i += 2) {
      const a0 = a + bytes * i;
      const a1 = i + 1 < rows ? a0 + bytes : a0;
      let s00 = f64x2.splat(0);
      let s01 = s00;
      let s10 = s00;
      let s11 = s00;
      let q = b;
      for (let t: usize = 0; t < bytes; t += 4, q += 32) {
        const low = v128.load(q);
        const high = v128.load(q, 16);
        const x0 = f64x2.splat(f64(load<f32>(a0 + t)));
        const x1 = f64x2.splat(f64(load<f32>(a1 + t)));
        s00 = madd64(x0, low, s00);
        s01 = madd64(x0, high, s01);
        s10 = madd64(x1, low, s10);
        s11 = madd64(x1, high, s11);
      }
      const o = out + ((usize(i) * stride) << 2);
      store4(o, s00, s01);
      if (i + 1 < rows) store4(o + (usize(stride) << 2), s10, s11);
    }
  }
}

// @ts-ignore: decorator
@inline
function store4(out: usize, low: v128, high: v128): void {
  const l = f32x4.demote_f64x2_zero(low);
  const h = f32x4.demote_f64x2_zero(high);
  v128.store(out, i8x16.shuffle(l, h, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
}
