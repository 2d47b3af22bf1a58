import './null-band.css';

/** A value in deviations from the mean of what chance gives. */
export interface Beside {
  /** `random head` */
  name: string;
  /** Null: the null never varies, so any other value is infinitely far. */
  z: number | null;
  /** `random head −0.02 ± 0.15, z 4.2, p 3e-5` */
  title: string;
}

const WIDTH = 150;
const ROW = 9;
/** Where the scale ends; it is compressed towards its ends, so that 3 and 30 deviations both have room. */
const MOST = 200;

/** From 0 (the mean) to 1 (the end of the scale), signed. */
export const along = (z: number): number => Math.max(-1, Math.min(1, Math.asinh(z) / Math.asinh(MOST)));

/** A value as a dot on each null's band: the band is where 95 of 100 chance values lie, the dot is hollow within it. */
export function NullBands({ nulls }: { nulls: readonly Beside[] }) {
  if (nulls.length === 0) return null;
  const x = (z: number): number => WIDTH / 2 + along(z) * (WIDTH / 2 - 4);
  const height = ROW * nulls.length + 2;
  return (
    <svg
      className="null-bands"
      viewBox={`0 0 ${WIDTH} ${height}`}
      width={WIDTH}
      height={height}
      role="img"
      aria-label={nulls.map(({ title }) => title).join('; ')}
    >
      {nulls.map(({ name, z, title }, i) => {
        const y = 1 + ROW * (i + 0.5);
        const at = z ?? MOST;
        return (
          <g key={name}>
            <title>{title}</title>
            <line className="scale" x1="0" x2={WIDTH} y1={y} y2={y} />
            <rect className="band" x={x(-2)} y={y - 3.5} width={x(2) - x(-2)} height="7" rx="2" />
            <line className="mean" x1={WIDTH / 2} x2={WIDTH / 2} y1={y - 3.5} y2={y + 3.5} />
            <circle className={Math.abs(at) > 2 ? 'dot beyond' : 'dot'} cx={x(at)} cy={y} r="3" />
          </g>
        );
      })}
    </svg>
  );
}
