import { type PlotOptions, plot } from '@observablehq/plot';
import { useLayoutEffect, useRef } from 'react';
import type { Figure } from '../export/figure.ts';
import { useScheme } from '../style/theme.ts';
import { type SavedRow, SaveMenu } from './save-menu.tsx';
import { useWidth } from './use-width.ts';
import './plot-figure.css';

interface PlotFigureProps {
  /** The drawing in one sentence, for those who do not see it. */
  label: string;
  /** File name, without ending, for what is saved; without a name nothing can be saved. */
  name?: string;
  /** The data behind it, for CSV and JSON. */
  rows?: () => readonly SavedRow[];
  /** What a picture of it says beside the drawing. */
  figure?: Omit<Figure, 'svg'>;
  /** The plot for a width in CSS pixels. Keep the function stable (useCallback): a new one is drawn again. */
  options: (width: number) => PlotOptions;
}

/**
 * An Observable Plot that fills the width it is given. Colours: `var(--read)` and its like, so that both schemes fit.
 */
export function PlotFigure({ label, name, rows, figure, options }: PlotFigureProps) {
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const scheme = useScheme();
  useLayoutEffect(() => {
    if (!holder.current || width === 0) return;
    const drawing = plot({
      ...options(width),
      width,
      style: {
        background: 'transparent',
        color: 'inherit',
        fontFamily: 'inherit',
        overflow: 'visible',
        fontSize: '11px',
      },
    });
    // The figure has a name; Plot's own (`rect`, `rule`) are on elements that may not have one.
    for (const group of drawing.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
    holder.current.replaceChildren(drawing);
    return () => drawing.remove();
  }, [options, width, scheme]);
  return (
    <figure className="plot">
      <div ref={holder} role="img" aria-label={label} />
      {name && (
        <SaveMenu
          label={label}
          name={name}
          {...(rows && { rows })}
          figure={figure && { ...figure, svg: () => holder.current?.querySelector('svg') }}
        />
      )}
    </figure>
  );
}
