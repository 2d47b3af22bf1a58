import { formatScore } from '../../format.ts';
import type { ColourScale } from './columns.ts';

/** What the colours stand for. */
export function Legend({ scale: { low, high, signed } }: { scale: ColourScale }) {
  return (
    <span className="legend number">
      {formatScore(low)}
      <span className={signed ? 'ramp signed' : 'ramp'} aria-hidden="true" />
      {formatScore(high)}
    </span>
  );
}
