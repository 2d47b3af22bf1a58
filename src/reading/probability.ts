/** A p- or q-value: `0.034`, `2e-7`; nothing where there is none. */
export const probability = (p: number | null | undefined): string =>
  p === null || p === undefined || Number.isNaN(p) ? '' : p >= 0.001 ? p.toPrecision(2) : p.toExponential(0);
