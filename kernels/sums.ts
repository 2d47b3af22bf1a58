/**
 * Sums for means: relu_j += Σ_i max(v_ij, 0) and abs_j += Σ_i |v_ij| over the rows of a block of fp32 products.
 *
 * All terms of a sum have one sign, so that eight of them lose less than 7 · 2^-24 of it in fp32, which is four columns
 * a vector; sums of eight are then added in fp64, two columns a vector. That is half the work of converting every term.
 */

/**
 * Adds, for every column of a tile [rows, columns] (rows a multiple of 8, columns of 4), the sums of max(value, 0) to
 * relu[j] and of |value| to abs[j] (fp64). Eight non-negative terms are summed in fp32, then in fp64.
 */
export function columnSums(tile: usize, rows: i32, columns: i32, stride: i32, relu: usize, abs: usize): void {
  const row = usize(stride) << 2;
  const zero = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4, tile += 16, relu += 32, abs += 32) {
    let relu0 = v128.load(relu);
    let relu1 = v128.load(relu, 16);
    let abs0 = v128.load(abs);
    let abs1 = v128.load(abs, 16);
    let p = tile;
    for (let i = 0; i < rows; i += 8) {
      let positive = zero;
      let magnitude = zero;
      for (let r = 0; r < 8; r++, p += row) {
        const v = v128.load(p);
        positive = f32x4.add(positive, f32x4.max(v, zero));
        magnitude = f32x4.add(magnitude, f32x4.abs(v));
      }
      relu0 = f64x2.add(relu0, f64x2.promote_low_f32x4(positive));
      relu1 = f64x2.add(relu1, f64x2.promote_low_f32x4(upper(positive)));
      abs0 = f64x2.add(abs0, f64x2.promote_low_f32x4(magnitude));
      abs1 = f64x2.add(abs1, f64x2.promote_low_f32x4(upper(magnitude)));
    }
    v128.store(relu, relu0);
    v128.store(relu, relu1, 16);
    v128.store(abs, abs0);
    v128.store(abs, abs1, 16);
  }
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}
