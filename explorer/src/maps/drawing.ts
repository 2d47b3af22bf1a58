import type { ScoredToken } from '../api/types.ts';
import type { Tone } from '../components/bar.tsx';
import type { Figure } from '../export/figure.ts';

/** What both maps draw. */
export interface MapDrawing {
  tokens: readonly ScoredToken[];
  /** [tokens, 2 or 3] within [-1, 1]. */
  points: Float32Array;
  tone: Tone;
  label: string;
  name: string;
  /** Begins the title of a picture: `Neuron 4:100`. */
  place: string;
}

/** What a picture of a map says beside it. */
export const mapFigure = (place: string, label: string, tone: Tone): Omit<Figure, 'svg'> => ({
  title: `${place}: map of its tokens`,
  what: label,
  axes: 'near each other: alike in embedding space, the axes have no unit; size: score',
  legend: [{ tone, label: 'tokens of the highest scores' }],
  normalised: 'freq',
});
