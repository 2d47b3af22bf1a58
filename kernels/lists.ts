/**
 * Cutting a list of candidates: with t the rank-th largest of `count` fp32 values,
 *
 *   least = max(least, t - error),   needed = least - error (both rounded down),   and only values >= needed stay.
 *
 * The rank-th largest is found bit by bit, by counting how many values reach a limit: passes over a short list in
 * vectors, without a branch, are faster than a selection that moves numbers. Signed whole numbers with the bits of fp32
 * are in the order of the numbers once those of negative ones are flipped (`key`).
 */

/** Numbers in the order of their signed keys. */
// @ts-ignore: decorator
@inline
function keys(v: v128): v128 {
  return v128.xor(v, v128.and(i32x4.shr_s(v, 31), i32x4.splat(0x7fffffff)));
}

// @ts-ignore: decorator
@inline
function key(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

// @ts-ignore: decorator
@inline
function sum(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/** The largest fp32 that is at most x, or one below it. */
// @ts-ignore: decorator
@inline
function below(x: f64): f32 {
  const rounded = f32(x);
  return f64(rounded) <= x ? rounded : f32(x - Math.abs(x) * 1.1920928955078125e-7 - 1.401298464324817e-45);
}

/** The rank-th largest of `count` numbers: its key, bit by bit from the highest, by counting how many reach it. */
function kth(value: usize, count: i32, rank: i32): f32 {
  const end = value + (usize(count) << 2);
  const whole = value + (usize(count & ~3) << 2);
  let found: u32 = 0;
  for (let bit: u32 = 0x80000000; bit; bit >>= 1) {
    const wanted = i32((found | bit) ^ 0x80000000);
    const limit = i32x4.splat(wanted);
    let counts = i32x4.splat(0);
    let p = value;
    for (; p < whole; p += 16) counts = i32x4.sub(counts, i32x4.ge_s(keys(v128.load(p)), limit));
    let reached = sum(counts);
    for (; p < end; p += 4) reached += i32(key(load<i32>(p)) >= wanted);
    if (reached < rank) continue;
    found |= bit;
    if (reached > rank) continue;
    // Nothing else reaches it: the smallest that does is the one.
    let least = i32x4.splat(0x7fffffff);
    for (p = value; p < whole; p += 16) {
      const k = keys(v128.load(p));
      least = i32x4.min_s(least, v128.bitselect(k, least, i32x4.ge_s(k, limit)));
    }
    let smallest = 0x7fffffff;
    for (; p < end; p += 4) {
      const k = key(load<i32>(p));
      if (k >= wanted && k < smallest) smallest = k;
    }
    smallest = min(smallest, min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1)));
    smallest = min(smallest, min(i32x4.extract_lane(least, 2), i32x4.extract_lane(least, 3)));
    return reinterpret<f32>(key(smallest));
  }
  return reinterpret<f32>(key(i32(found ^ 0x80000000)));
}

/** Raises the limits of a list by its rank-th value and keeps what reaches them, in order. */
export function cut(
  value: usize,
  index: usize,
  count: i32,
  rank: i32,
  error: f32,
  least: usize,
  needed: usize,
): i32 {
  const reached = below(f64(kth(value, count, rank)) - f64(error));
  if (reached > load<f32>(least)) {
    store<f32>(least, reached);
    store<f32>(needed, below(f64(reached) - f64(error)));
  }
  const limit = load<f32>(needed);
  let kept: usize = 0;
  for (let p: usize = 0; p < usize(count); p++) {
    const v = load<f32>(value + (p << 2));
    store<f32>(value + (kept << 2), v);
    store<u32>(index + (kept << 2), load<u32>(index + (p << 2)));
    kept += usize(v >= limit);
  }
  return i32(kept);
}
