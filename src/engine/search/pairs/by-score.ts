/** Fewer than these are sorted by comparing. */
const FEW = 4096;
const DIGITS = 2 ** 16;

/**
 * Positions 0 .. length - 1 of pairs in the contract's order: sign * score falling, then first, then second rising.
 * Many pairs are sorted by the digits of their scores' bits, then those of equal score by comparing.
 */
export const byScore = (
  { first, second, score }: { first: Uint32Array; second: Uint32Array; score: Float64Array },
  length: number,
  sign: number,
): Uint32Array => {
  const compare = (p: number, q: number): number =>
    sign * (score[q] - score[p]) || first[p] - first[q] || second[p] - second[q];
  let order = Uint32Array.from({ length }, (_, i) => i);
  if (length < FEW) return order.sort(compare);

  // Bits that rise as sign * score falls: of positive numbers all are flipped, of negative ones the sign. 0 and -0 are
  // one.
  const values = Float64Array.from({ length }, (_, p) => sign * score[p] + 0);
  const words = new Uint16Array(values.buffer);
  for (let p = 0; p < 4 * length; p += 4) {
    if (words[p + 3] < 0x8000) {
      for (let digit = p; digit < p + 3; digit++) words[digit] ^= 0xffff;
      words[p + 3] ^= 0x7fff;
    }
  }
  let other = new Uint32Array(length);
  const next = new Uint32Array(DIGITS + 1);
  for (let digit = 0; digit < 4; digit++) {
    next.fill(0);
    for (let p = 0; p < length; p++) next[words[4 * p + digit] + 1]++;
    for (let value = 0; value < DIGITS; value++) next[value + 1] += next[value];
    for (let i = 0; i < length; i++) other[next[words[4 * order[i] + digit]]++] = order[i];
    [order, other] = [other, order];
  }
  for (let start = 0, end = 1; start < length; start = end++) {
    while (end < length && score[order[end]] === score[order[start]]) end++;
    if (end - start > 1) order.subarray(start, end).sort(compare);
  }
  return order;
};
