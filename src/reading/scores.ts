import type { Matrix, RunOptions } from '../engine/engine.ts';
import { pacer } from '../engine/pause.ts';

/** Rows between two looks at the event loop. */
const BLOCK = 4096;

/** E_i · x / divisor_i for every row of e [V, d], fp64 in index order as an engine ranks them: [V]. */
export async function scoresOf(
  x: Float32Array,
  e: Matrix,
  divisor: Float64Array | undefined,
  run: RunOptions = {},
): Promise<Float64Array> {
  const d = e.columns;
  const scores = new Float64Array(e.rows);
  const pace = pacer(run);
  for (let start = 0; start < e.rows; start += BLOCK) {
    const end = Math.min(start + BLOCK, e.rows);
    for (let i = start, at = start * d; i < end; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++, at++) sum += x[j] * e.data[at];
      scores[i] = divisor ? sum / divisor[i] : sum;
    }
    await pace(end / e.rows);
  }
  return scores;
}
