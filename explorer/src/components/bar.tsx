import './score-bars.css';

/** Whose colour: what is read, what is written, the opposite pole, or neither. */
export type Tone = 'read' | 'write' | 'opposite' | 'neutral';

/** A bar of the tone around it; its number stands beside it. */
export function Bar({ value, max }: { value: number; max: number }) {
  const share = max > 0 ? Math.min(1, Math.abs(value) / max) : 0;
  return <span className="bar" style={{ '--share': share } as React.CSSProperties} />;
}
