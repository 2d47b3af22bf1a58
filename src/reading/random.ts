/** mulberry32 (Tommy Ettinger, public domain): uniform numbers in [0, 1), the same on every machine for one seed. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A uniform 53-bit hash of a pair of indices, so that a sample of pairs does not depend on the order they come in. */
export function pairHash(seed: number, first: number, second: number): number {
  let [high, low] = [seed ^ 0x9e3779b9, seed ^ 0x85ebca6b];
  for (const word of [first, second]) {
    high = mix(high ^ word);
    low = mix(low + Math.imul(word, 0xc2b2ae35) + high);
  }
  return (high >>> 5) * 2 ** 26 + (low >>> 6);
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** `n` of the indices 0..total-1, ascending, each set equally likely (selection sampling: Knuth, TAOCP 2, 3.4.2 S). */
export function sampleIndices(n: number, total: number, random: () => number): number[] {
  const chosen: number[] = [];
  for (let i = 0; i < total && chosen.length < n; i++) {
    if ((total - i) * random() < n - chosen.length) chosen.push(i);
  }
  return chosen;
}

/** 0..n-1 in a random order (Fisher and Yates). */
export function shuffled(n: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
