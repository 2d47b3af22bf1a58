import { Link } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { useRoving } from '../../components/roving.ts';
import { formatScore } from '../../format.ts';
import { type ByLayer, histogramOf } from './columns.ts';
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

const BINS = 60;
const HEIGHT = 150;

/** Each layer's neurons as a distribution standing upright; a layer is a link to its neurons. */
export function Violins({ model, values, layers, what, layer: open }: ViolinsProps) {
  const holder = useRef<HTMLDivElement>(null);
  const { onKeyDown, cell } = useRoving(1, layers, holder);
  const drawn = useMemo(() => (values ? shapes(values) : undefined), [values]);
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

/** Symmetric outlines on one common axis; widths grow with the root of the count, so that thin tails stay visible. */
function shapes(values: ByLayer) {
  const all = values.map((row) => row.filter((value) => value !== null));
  const flat = all.flat();
  const low = flat.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = flat.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const y = (value: number) => HEIGHT - ((value - low) / (high - low || 1)) * HEIGHT;
  const layers = all.map((row) => {
    const counts = histogramOf(row, low, high, BINS);
    const most = Math.max(1, ...counts);
    const half = counts.map((count) => 46 * Math.sqrt(count / most));
    const at = (bin: number) => HEIGHT - ((bin + 0.5) / BINS) * HEIGHT;
    const there = counts.map((count, bin) => ({ count, bin }));
    const first = there.find(({ count }) => count > 0)?.bin ?? 0;
    const last = there.findLast(({ count }) => count > 0)?.bin ?? -1;
    const bins = there.slice(first, last + 1).map(({ bin }) => bin);
    const right = bins.map((bin) => `${half[bin]!.toFixed(1)},${at(bin).toFixed(1)}`);
    const left = bins.toReversed().map((bin) => `${(-half[bin]!).toFixed(1)},${at(bin).toFixed(1)}`);
    return { path: right.length > 0 ? `M${[...right, ...left].join('L')}Z` : '', median: median(row) };
  });
  return { low, high, layers, zero: low < 0 && high > 0 ? y(0) : undefined };
}

function median(row: readonly number[]): number | undefined {
  return row.toSorted((a, b) => a - b)[Math.floor(row.length / 2)];
}
