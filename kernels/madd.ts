/**
 * Multiply-adds, a·b + c: one instruction where the runtime has relaxed SIMD, two where it has not.
 * `ASC_FEATURE_RELAXED_SIMD` is known when a module is compiled, so no choice is left at run time.
 */

/** a·b + c for four fp32: fused where the runtime has relaxed SIMD, else rounded twice; error bounds allow for both. */
// @ts-ignore: decorator
@inline
export function madd32(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  else return f32x4.add(f32x4.mul(a, b), c);
}

/** a·b + c for two fp64. Products of fp32 values are exact in fp64, so fusing does not change a bit. */
// @ts-ignore: decorator
@inline
export function madd64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  else return f64x2.add(f64x2.mul(a, b), c);
}
