import { axisX, rectY, ruleX, ruleY } from '@observablehq/plot';
import { useCallback } from 'react';
import { formatCount, formatScore, plural } from '../format.ts';
import type { Tone } from './bar.tsx';
import { PlotFigure } from './plot-figure.tsx';

/** Counts between edges: `counts[i]` scores lie in [edges[i], edges[i + 1]). */
export interface Bins {
  edges: readonly number[];
  counts: readonly number[];
}

interface HistogramProps {
  /** What is counted: `scores of the key`. */
  label: string;
  name?: string;
  bins: Bins;
  tone: Tone;
  /**
   * What is listed beside it: scores of at least `from`, and of at most `to`; without either all are in full colour.
   */
  shown?: { from?: number | undefined; to?: number | undefined };
  height?: number;
  /** Begins the title of a picture; the normaliser where scores have one. */
  place: string;
  normalised?: 'freq' | 'cosine';
}

/** All scores, with the part that is shown in full colour and where it begins as a dotted line. */
export function Histogram({ label, name, bins, tone, shown, height = 64, place, normalised }: HistogramProps) {
  const from = shown?.from;
  const to = shown?.to;
  const options = useCallback(() => {
    const rows = barsOf(bins);
    const all = from === undefined && to === undefined;
    const lit = (bar: HistogramBar) =>
      all || (from !== undefined && bar.end > from) || (to !== undefined && bar.start < to);
    const marks = [from, to].filter((mark) => mark !== undefined);
    return {
      height,
      marginTop: 4,
      marginBottom: 18,
      marginLeft: 2,
      marginRight: 2,
      y: { axis: null, type: 'sqrt' as const },
      x: { label: null },
      marks: [
        rectY(rows, {
          x1: 'start',
          x2: 'end',
          y: 'count',
          fill: (bar: HistogramBar) =>
            lit(bar) ? (to !== undefined && bar.start < to ? 'var(--opposite)' : `var(--${tone})`) : 'var(--edge)',
          fillOpacity: (bar: HistogramBar) => (lit(bar) ? 1 : 0.45),
          insetLeft: 0.25,
          insetRight: 0.25,
        }),
        ruleY([0], { stroke: 'var(--line)' }),
        ruleX(marks, { stroke: 'var(--ink)', strokeDasharray: '2,2', strokeOpacity: 0.6 }),
        axisX({ ticks: 4, tickSize: 0, tickFormat: (tick: number) => String(tick).replace('-', '−') }),
      ],
    };
  }, [bins, tone, from, to, height]);
  const total = bins.counts.reduce((sum, count) => sum + count, 0);
  const ends = [bins.edges[0] ?? Number.NaN, bins.edges.at(-1) ?? Number.NaN].map(formatScore);
  const marked = [
    ...(from === undefined ? [] : [`from ${formatScore(from)} up`]),
    ...(to === undefined ? [] : [`from ${formatScore(to)} down`]),
  ].join(' and ');
  return (
    <PlotFigure
      label={`Histogram of ${label}: ${formatCount(total)} from ${ends[0]} to ${ends[1]}${marked && `; listed: ${marked}`}`}
      {...(name && { name })}
      rows={() => barsOf(bins).map(({ start, end, count }) => ({ start, end, count }))}
      figure={{
        title: `${place}: ${label}`,
        what: `${formatCount(total)} in ${plural(bins.counts.length, 'bin')}${marked && `; listed: ${marked}`}`,
        axes: `across: ${label}; up: how many, by the square root`,
        legend: [
          { tone, label: marked ? 'listed at the upper end' : label },
          ...(to === undefined ? [] : [{ tone: 'opposite', label: 'listed at the lower end' }]),
          ...(marked ? [{ tone: 'edge', label: 'all others' }] : []),
        ],
        ...(normalised && { normalised }),
      }}
      options={options}
    />
  );
}

interface HistogramBar {
  start: number;
  end: number;
  count: number;
}

function barsOf({ edges, counts }: Bins): HistogramBar[] {
  return counts.map((count, index) => ({ start: edges[index]!, end: edges[index + 1]!, count }));
}
