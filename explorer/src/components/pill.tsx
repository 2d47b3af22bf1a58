import type { ReactNode } from 'react';
import './pill.css';

interface PillProps {
  pressed: boolean;
  onClick: () => void;
  title?: string;
  disabled?: boolean;
  children: ReactNode;
}

/** A switch, or one of several choices. */
export function Pill({ pressed, onClick, title, disabled, children }: PillProps) {
  return (
    <button type="button" className="pill" aria-pressed={pressed} title={title} disabled={disabled} onClick={onClick}>
      {children}
    </button>
  );
}
