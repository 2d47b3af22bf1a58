import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { ByLayer } from '../../../../src/questions/standouts.ts';
import { useRoving } from '../../components/roving.ts';
import { formatScore } from '../../format.ts';
import { type Colours, strength } from './columns.ts';
import './head-grid.css';

interface HeadGridProps {
  model: string;
  layers: number;
  heads: number;
  /** Undefined while the numbers are on their way: the grid is there, without colour. */
  values: ByLayer | undefined;
  scale: Colours;
  /** What the numbers are: `copying of VO`. */
  what: string;
  matrix: 'vo' | 'qk';
  onLook: (layer: number, head: number) => void;
}

/** Layer → right, head ↓, each cell a link to its head. One stop for the tab key; arrows move within. */
export function HeadGrid({ model, layers, heads, values, scale, what, matrix, onLook }: HeadGridProps) {
  const holder = useRef<HTMLDivElement>(null);
  const { onKeyDown, cell } = useRoving(heads, layers, holder);
  return (
    // biome-ignore lint/a11y/useSemanticElements: links in a grid that arrows move through.
    <div
      ref={holder}
      role="group"
      aria-label={`Heads by layer, coloured by ${what}`}
      className="head-grid"
      style={{ '--layers': layers } as React.CSSProperties}
      onKeyDown={onKeyDown}
    >
      {Array.from({ length: heads }, (_, head) => (
        <div key={head}>
          <span className="number" aria-hidden="true">
            {head % Math.ceil(heads / 16) === 0 ? head : ''}
          </span>
          {Array.from({ length: layers }, (_, layer) => {
            const value = values?.[layer]?.[head];
            const text = `head ${layer}:${head}${value === undefined || value === null ? '' : `, ${what} ${formatScore(value)}`}`;
            const own = cell(head, layer);
            return (
              <Link
                key={layer}
                to="/m/$model/head/$layer/$head"
                params={{ model, layer, head }}
                search={{ matrix }}
                preload={false}
                aria-label={text}
                title={text}
                className={toneOf(scale, value)}
                style={{ '--share': shareOf(scale, value) } as React.CSSProperties}
                {...own}
                onFocus={() => {
                  own.onFocus();
                  onLook(layer, head);
                }}
                onMouseEnter={() => onLook(layer, head)}
              />
            );
          })}
        </div>
      ))}
      <div className="axis" aria-hidden="true">
        <span className="number" />
        {Array.from({ length: layers }, (_, layer) => (
          <span key={layer} className="number">
            {layer % Math.ceil(layers / 12) === 0 ? layer : ''}
          </span>
        ))}
      </div>
    </div>
  );
}

export function toneOf(scale: Colours, value: number | null | undefined): string {
  if (value === null || value === undefined) return 'none';
  if (!scale.signed) return 'read';
  return value < 0 ? 'opposite' : 'write';
}

export function shareOf(scale: Colours, value: number | null | undefined): number {
  return value === null || value === undefined ? 0 : Math.abs(strength(scale, value));
}
