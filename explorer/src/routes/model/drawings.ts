import type { ByLayer } from '../../../../src/questions/standouts.ts';
import { svgOf } from '../../export/element.ts';
import type { LegendEntry } from '../../export/figure.ts';
import { formatScore } from '../../format.ts';
import { type ColourScale, type Colours, endsInWords, strength } from './columns.ts';

/** The model's drawings as SVG of their own, to be saved: on the page they are links. Colours as in theme.css. */

const CELL = { width: 24, height: 18, gap: 3 };
const LEFT = 34;
const SMALL = 'font-size="10" fill="var(--soft)"';

/** Layer → right, head ↓, one rectangle each. */
export function gridSvg(layers: ByLayer, scale: Colours): string {
  const heads = Math.max(0, ...layers.map((row) => row.length));
  const [stepX, stepY] = [CELL.width + CELL.gap, CELL.height + CELL.gap];
  const cells = layers.flatMap((row, layer) =>
    row.map((value, head) => {
      const share = value === null ? 0 : strength(scale, value);
      const tone = value === null ? 'shade' : scale.signed ? (share < 0 ? 'opposite' : 'write') : 'read';
      const opacity = value === null ? 1 : 0.06 + 0.88 * Math.abs(share);
      const place = `x="${LEFT + layer * stepX}" y="${head * stepY}" width="${CELL.width}" height="${CELL.height}" rx="3"`;
      return `<rect ${place} fill="var(--${tone})" fill-opacity="${opacity.toFixed(3)}"/>`;
    }),
  );
  const rows = Array.from(
    { length: heads },
    (_, head) => `<text x="${LEFT - 8}" y="${head * stepY + 13}" text-anchor="end" ${SMALL}>${head}</text>`,
  );
  return svgOf(LEFT + layers.length * stepX, heads * stepY + 16, [
    ...cells,
    ...rows,
    ...layerNumbers(layers.length, stepX, CELL.width, heads * stepY + 12),
  ]);
}

/** The outlines of violins.tsx side by side. */
export function violinsSvg(
  paths: readonly string[],
  height: number,
  ends: readonly [low: string, high: string],
): string {
  const step = 44;
  const shapes = paths.map(
    (path, layer) =>
      `<g transform="translate(${LEFT + 12 + layer * step + step / 2} 8) scale(0.4 1)"><path d="${path}" fill="var(--read)" fill-opacity="0.6"/></g>`,
  );
  return svgOf(LEFT + 12 + paths.length * step, height + 30, [
    ...shapes,
    `<text x="${LEFT + 4}" y="14" text-anchor="end" ${SMALL}>${ends[1]}</text>`,
    `<text x="${LEFT + 4}" y="${height + 8}" text-anchor="end" ${SMALL}>${ends[0]}</text>`,
    ...layerNumbers(paths.length, step, step, height + 24, 12),
  ]);
}

function layerNumbers(count: number, step: number, width: number, y: number, shift = 0): string[] {
  return Array.from(
    { length: count },
    (_, layer) =>
      `<text x="${LEFT + shift + layer * step + width / 2}" y="${y}" text-anchor="middle" ${SMALL}>${layer}</text>`,
  );
}

/** One square per neuron, in rows, in order of their index. */
export function squaresSvg(values: readonly (number | null)[], columns: number, scale: Colours): string {
  const side = 10;
  const squares = values.map((value, i) => {
    const share = value === null ? 0 : strength(scale, value);
    const tone = scale.signed ? (share < 0 ? 'opposite' : 'write') : 'read';
    const place = `x="${(i % columns) * side}" y="${Math.floor(i / columns) * side}" width="${side - 1}" height="${side - 1}"`;
    return value === null
      ? ''
      : `<rect ${place} fill="var(--${tone})" fill-opacity="${(0.06 + 0.9 * Math.abs(share)).toFixed(3)}"/>`;
  });
  return svgOf(columns * side, Math.ceil(values.length / columns) * side, squares);
}

/** What the colours of a scale stand for. */
export function legendOf(scale: ColourScale): LegendEntry[] {
  const { low, high, signed, beyond } = scale;
  const [least, most] = [
    formatScore(low) + (beyond.low > 0 ? ' or less' : ''),
    formatScore(high) + (beyond.high > 0 ? ' or more' : ''),
  ];
  // Lines of a legend do not wrap, and a narrow drawing's paper is no wider than a column.
  const why = endsInWords(scale) ? `, 1st ${signed ? 'or' : 'to'} 99th percentile` : '';
  if (!signed) return [{ tone: 'read', label: `from ${least} (pale) to ${most} (full)${why}` }];
  return [
    { tone: 'write', label: `above zero, full colour at ${most}` },
    { tone: 'opposite', label: `below zero, full colour at ${least}${why}` },
  ];
}
