import { PACKED_GRIDS } from './grids.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const made = new Map<string, Int8Array>();

/** A table of the IQ types as rows of levels, one after the other; made at first use (grids.ts says how). */
export function grid(name: keyof typeof PACKED_GRIDS): Int8Array {
  let table = made.get(name);
  if (!table) {
    const { levels, width, steps }: { levels: readonly number[]; width: number; steps: string } = PACKED_GRIDS[name];
    const bits = levels.length > 4 ? 3 : 2;
    const values: number[] = [];
    for (let at = 0, row = 0; at < steps.length; ) {
      let digit: number;
      let shift = 0;
      do {
        digit = DIGITS.indexOf(steps[at++]);
        row += (digit & 31) << shift;
        shift += 5;
      } while (digit & 32);
      for (let k = 0; k < width; k++) values.push(levels[(row >> (bits * k)) & (2 ** bits - 1)]);
    }
    table = Int8Array.from(values);
    made.set(name, table);
  }
  return table;
}

/** Eight signs from seven bits: the eighth makes their number even. */
export function evenSigns(bits: number): number {
  let parity = bits;
  parity ^= parity >> 4;
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return bits | ((parity & 1) << 7);
}
