import type { ScoredToken } from '../api/types.ts';
import type { Tone } from '../components/score-bars.tsx';

/** What both maps draw. */
export interface MapDrawing {
  tokens: readonly ScoredToken[];
  /** [tokens, 2 or 3] within [-1, 1]. */
  points: Float32Array;
  tone: Tone;
  label: string;
  name: string;
}
