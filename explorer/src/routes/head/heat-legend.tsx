import type { Tone } from '../../components/bar.tsx';
import { formatScore } from '../../format.ts';

const STEPS = 9;

/** From the strongest of the opposite pole over nothing to the strongest. */
export function HeatLegend({ most, tone, signed }: { most: number; tone: Tone; signed: boolean }) {
  const shares = Array.from({ length: STEPS }, (_, i) => (signed ? (2 * i) / (STEPS - 1) - 1 : i / (STEPS - 1)));
  return (
    <p className="heat-legend number">
      <span>{signed ? formatScore(-most) : '0'}</span>
      {shares.map((share) => (
        <i
          key={share}
          className={share < 0 ? 'opposite' : tone}
          style={{ '--share': Math.abs(share) } as React.CSSProperties}
        />
      ))}
      <span>{formatScore(most)}</span>
      <span className="soft">score</span>
    </p>
  );
}
