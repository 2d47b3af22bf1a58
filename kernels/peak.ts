import { madd32 } from './madd';
import { quads } from './rows8';

/**
 * For benches only: how fast this processor is with operands in registers, which is what kernels are measured against.
 */

/**
 * For benches: the most that this processor does in `loops` rounds of multiply-adds in registers, of fp32 (bits 32) or
 * of 8-bit numbers. Returns the operations, multiplications and additions; the sums go to `out`, so that none is left
 * out.
 */
export function peak(bits: i32, loops: i32, out: usize): f64 {
  const x = v128.load(out);
  let s0 = x;
  let s1 = x;
  let s2 = x;
  let s3 = x;
  let s4 = x;
  let s5 = x;
  let s6 = x;
  let s7 = x;
  if (bits == 32) {
    for (let i = 0; i < loops; i++) {
      s0 = madd32(x, x, s0);
      s1 = madd32(x, x, s1);
      s2 = madd32(x, x, s2);
      s3 = madd32(x, x, s3);
      s4 = madd32(x, x, s4);
      s5 = madd32(x, x, s5);
      s6 = madd32(x, x, s6);
      s7 = madd32(x, x, s7);
    }
  } else {
    for (let i = 0; i < loops; i++) {
      // Operands that change, or the product would leave the loop; of the round before, so that none waits for another.
      const first = s0;
      s0 = quads(s1, x, s0);
      s1 = quads(s2, x, s1);
      s2 = quads(s3, x, s2);
      s3 = quads(s4, x, s3);
      s4 = quads(s5, x, s4);
      s5 = quads(s6, x, s5);
      s6 = quads(s7, x, s6);
      s7 = quads(first, x, s7);
    }
  }
  v128.store(out, v128.xor(v128.xor(v128.xor(s0, s1), v128.xor(s2, s3)), v128.xor(v128.xor(s4, s5), v128.xor(s6, s7))));
  return f64(loops) * 8 * 2 * (bits == 32 ? 4 : 16);
}
