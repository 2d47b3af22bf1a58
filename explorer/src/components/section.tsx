import type { ReactNode } from 'react';
import { useId } from 'react';
import './section.css';

/** A part of a page under its own heading, named for those who jump between regions. */
export function Section({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {hint !== undefined && <span className="soft hint"> {hint}</span>}
      </h2>
      {children}
    </section>
  );
}
