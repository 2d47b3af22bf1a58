import { Link } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import type { ByLayer } from '../../../../src/questions/standouts.ts';
import { useRoving } from '../../components/roving.ts';
import { formatScore } from '../../format.ts';
import { HEIGHT, outlines } from './outlines.ts';
import './violins.css';

interface ViolinsProps {
  model: string;
  /** The values of each layer's neurons; undefined while they are on their way. */
  values: ByLayer | undefined;
  layers: number;
  what: string;
  /** The layer that is open. */
  layer: number | undefined;
}

/** Each layer's neurons as a distribution standing upright; a layer is a link to its neurons. */
export function Violins({ model, values, layers, what, layer: open }: ViolinsProps) {
  const holder = useRef<HTMLDivElement>(null);
  const { onKeyDown, cell } = useRoving(1, layers, holder);
  const drawn = useMemo(() => (values ? outlines(values) : undefined), [values]);
  return (
    <div className="violins">
      <div className="ends number" aria-hidden="true">
        <span>{drawn ? formatScore(drawn.high) : ''}</span>
        <span>{drawn ? formatScore(drawn.low) : ''}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: links in a row that arrows move through. */}
      <div ref={holder} role="group" aria-label={`Layers of neurons, by ${what}`} className="row" onKeyDown={onKeyDown}>
        {Array.from({ length: layers }, (_, layer) => {
          const shape = drawn?.layers[layer];
          const text = `layer ${layer}${shape?.median === undefined ? '' : `, median ${what} ${formatScore(shape.median)}`}`;
          return (
            <Link
              key={layer}
              to="/m/$model"
              params={{ model }}
              search={(old) => ({ ...old, layer: open === layer ? undefined : layer })}
              resetScroll={false}
              activeProps={{}}
              aria-label={text}
              aria-current={open === layer ? 'true' : undefined}
              title={text}
              className={open === layer ? 'open' : ''}
              {...cell(0, layer)}
            >
              <svg viewBox={`-50 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
                {drawn?.zero !== undefined && <line x1="-50" x2="50" y1={drawn.zero} y2={drawn.zero} />}
                {shape && <path d={shape.path} />}
              </svg>
              <span className="number">{layer % Math.ceil(layers / 12) === 0 || open === layer ? layer : ' '}</span>
            </Link>
          );
        })}
      </div>
    </div>
  );
}
