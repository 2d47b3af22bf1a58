import type { ReactNode } from 'react';
import { termOf } from '../../../src/guide/glossary.ts';
import './guide.css';

/** A word of the field, dotted, with its meaning for who rests on it; the help has it too. */
export function Term({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <abbr className="term" title={termOf(name)?.meaning.replaceAll('`', '')}>
      {children ?? name}
    </abbr>
  );
}
