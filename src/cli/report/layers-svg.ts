import { escaped } from '../output/html.ts';
import { colour } from './heat-svg.ts';

/** A number for every layer and every kind of parameters, to be drawn. */
export interface LayersDrawing {
  title: string;
  subtitle: string;
  layers: readonly number[];
  kinds: readonly string[];
  /** [layer][kind]; undefined where a layer has no such parameter, 0 where nothing is to be shown. */
  values: readonly (readonly (number | undefined)[])[];
  /** A value as people read it. */
  format: (value: number) => string;
  /** Whether equal steps of colour are equal ratios. */
  log: boolean;
}

const LEFT = 64;
const TOP = 92;
const [WIDE, HIGH] = [74, 20];
const FONT = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"';
const small = 'font-size="11" fill="#43525f"';

/** An SVG that stands alone: a row for each layer, a column for each kind, each cell with its number. */
export function layersSvg({ title, subtitle, layers, kinds, values, format, log }: LayersDrawing): string {
  const shown = values.flat().filter((x): x is number => x !== undefined && x > 0 && Number.isFinite(x));
  const scale = (x: number): number => (log ? Math.log(x) : x);
  const [low, high] = [log ? Math.min(...shown) : 0, Math.max(...shown)].map((x) => (shown.length > 0 ? x : 1));
  const share = (x: number): number => {
    if (!Number.isFinite(x)) return 1;
    // The least that is shown still differs from nothing.
    return high > low ? 0.08 + (0.92 * (scale(x) - scale(low))) / (scale(high) - scale(low)) : 0.5;
  };
  const width = Math.max(LEFT + kinds.length * WIDE, LEFT + 9.2 * title.length, LEFT + 6.2 * subtitle.length) + 24;
  const height = TOP + layers.length * HIGH + 64;
  const text = (x: number, y: number, content: string, more: string): string =>
    `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
  const cells = values.flatMap((row, i) =>
    row.flatMap((value, j) => {
      if (value === undefined) return [];
      const [x, y] = [LEFT + j * WIDE, TOP + i * HIGH];
      const part = value === 0 ? 0 : share(value);
      const said = value === 0 ? '0' : format(value);
      const fill = value === 0 ? '#f4f5f7' : colour(part);
      return [
        `<rect x="${x}" y="${y}" width="${WIDE - 1}" height="${HIGH - 1}" fill="${fill}">` +
          `<title>${escaped(`layer ${layers[i]}, ${kinds[j]}: ${said}`)}</title></rect>`,
        text(
          x + WIDE / 2,
          y + 14,
          said,
          `font-size="11" text-anchor="middle" fill="${part > 0.55 ? '#fff' : '#1b2733'}"`,
        ),
      ];
    }),
  );
  const bottom = TOP + layers.length * HIGH + 18;
  const steps = Array.from(
    { length: 50 },
    (_, i) =>
      `<rect x="${LEFT + i * 5}" y="${bottom}" width="5.5" height="12" fill="${colour(0.08 + (0.92 * i) / 49)}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" ${FONT}>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(LEFT, 26, title, 'font-size="15" font-weight="600" fill="#1b2733"'),
    text(LEFT, 46, subtitle, small),
    ...kinds.map((kind, j) => text(LEFT + (j + 0.5) * WIDE, TOP - 8, kind, `${small} text-anchor="middle"`)),
    ...layers.map((layer, i) => text(LEFT - 8, TOP + i * HIGH + 14, `${layer}`, `${small} text-anchor="end"`)),
    ...cells,
    ...steps,
    text(LEFT, bottom + 26, format(low), small),
    text(LEFT + 250, bottom + 26, format(high), `${small} text-anchor="end"`),
    '</svg>',
    '',
  ].join('\n');
}
