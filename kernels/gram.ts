import { madd64 } from './madd';

/**
 * The Gram matrix of a sample of rows: out_tu = Σ_i scale² x_it x_iu over every `every`-th row i.
 *
 * Row by row, a row is converted to fp64 once and added as an outer product; only the upper triangle is computed, then
 * mirrored.
 */

/**
 * out [d, d] (fp64, row-major, both triangles) = sum over every `every`-th of the rows of x of scale² x xᵀ. row: 8 d
 * bytes of scratch.
 */
export function gram(x: usize, rows: i32, every: i32, d: i32, scale: f64, row: usize, out: usize): void {
  memory.fill(out, 0, (usize(d) * usize(d)) << 3);
  for (let i = 0; i < rows; i += every) {
    const from = x + ((usize(i) * d) << 2);
    for (let t = 0; t < d; t++) store<f64>(row + (usize(t) << 3), f64(load<f32>(from + (usize(t) << 2))) * scale);
    for (let t = 0; t < d; t++) {
      const by = load<f64>(row + (usize(t) << 3));
      const splat = f64x2.splat(by);
      const to = out + ((usize(t) * d) << 3);
      let u = t & ~1;
      for (; u + 2 <= d; u += 2) {
        const at = usize(u) << 3;
        v128.store(to + at, madd64(splat, v128.load(row + at), v128.load(to + at)));
      }
      for (; u < d; u++) {
        const at = usize(u) << 3;
        store<f64>(to + at, load<f64>(to + at) + by * load<f64>(row + at));
      }
    }
  }
  for (let t = 0; t < d; t++) {
    for (let u = t + 1; u < d; u++) store<f64>(out + (usize(u * d + t) << 3), load<f64>(out + (usize(t * d + u) << 3)));
  }
}
