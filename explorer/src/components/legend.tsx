import { formatScore, plural } from '../format.ts';
import { type ColourScale, endsInWords } from '../routes/model/columns.ts';
import './legend.css';

/** What the colours stand for. */
export function Legend({ scale }: { scale: ColourScale }) {
  const { low, high, signed, beyond } = scale;
  const outside = beyond.low + beyond.high;
  return (
    <span
      className="legend number"
      title={
        outside > 0
          ? `${plural(outside, 'value lies', 'values lie')} beyond the ends, ${endsInWords(scale)}, and ${outside === 1 ? 'has' : 'have'} the colour of an end`
          : undefined
      }
    >
      {beyond.low > 0 && '≤ '}
      {formatScore(low)}
      <span className={signed ? 'ramp signed' : 'ramp'} aria-hidden="true" />
      {beyond.high > 0 && '≥ '}
      {formatScore(high)}
    </span>
  );
}
