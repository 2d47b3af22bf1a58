import { escaped } from '../output/html.ts';

/** A table of numbers to be drawn: rows down, columns across. */
export interface HeatMapDrawing {
  title: string;
  subtitle: string;
  rowName: string;
  columnName: string;
  rows: readonly number[];
  columns: readonly number[];
  values: readonly (readonly number[])[];
  /** Cells that get a frame, as (row, column). */
  framed: readonly (readonly [number, number])[];
  /** What a frame means. */
  frame: string;
}

/** Light to dark, of even lightness steps: readable in grey and by those who do not tell red from green. */
const RAMP = [
  [247, 251, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
] as const;
const LEFT = 64;
const TOP = 84;
const FONT = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"';

/** An SVG that stands alone: cells with their values as tooltips, numbers of rows and columns, a scale. */
export function heatMapSvg(drawing: HeatMapDrawing): string {
  const { title, subtitle, rowName, columnName, rows, columns, values, framed, frame } = drawing;
  const all = values.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const size = Math.max(8, Math.min(44, Math.floor(640 / Math.max(rows.length, columns.length))));
  const [wide, tall] = [columns.length * size, rows.length * size];
  const scaleTop = TOP + tall + 56;
  const width = LEFT + Math.max(wide, 300, 9.2 * title.length, 6.2 * subtitle.length) + 24;
  const height = scaleTop + 64;
  const share = (value: number): number => (high > low ? (value - low) / (high - low) : 0.5);
  const every = Math.ceil(22 / size);
  const text = (x: number, y: number, content: string, more = ''): string =>
    `<text x="${round(x)}" y="${round(y)}" ${more}>${escaped(content)}</text>`;
  const cells = values.flatMap((row, i) =>
    row.map((value, j) => {
      const at = `x="${LEFT + j * size}" y="${TOP + i * size}" width="${size}" height="${size}"`;
      const name = `${rowName} ${rows[i]}, ${columnName} ${columns[j]}: ${value.toPrecision(4)}`;
      return `<rect ${at} fill="${colour(share(value))}"><title>${escaped(name)}</title></rect>`;
    }),
  );
  const numbers =
    size < 32
      ? []
      : values.flatMap((row, i) =>
          row.map((value, j) => {
            const fill = share(value) > 0.55 ? '#ffffff' : '#1b2733';
            const [x, y] = [LEFT + (j + 0.5) * size, TOP + (i + 0.5) * size + 4];
            return text(x, y, value.toFixed(3).replace(/^0/, ''), `font-size="12" text-anchor="middle" fill="${fill}"`);
          }),
        );
  const frames = framed.map(
    ([i, j]) =>
      `<rect x="${LEFT + j * size + 1}" y="${TOP + i * size + 1}" width="${size - 2}" height="${size - 2}" fill="none" stroke="#d94801" stroke-width="2"/>`,
  );
  const small = 'font-size="11" fill="#43525f"';
  const labels = [
    ...columns.flatMap((layer, j) =>
      j % every === 0 ? [text(LEFT + (j + 0.5) * size, TOP - 6, `${layer}`, `${small} text-anchor="middle"`)] : [],
    ),
    ...rows.flatMap((layer, i) =>
      i % every === 0 ? [text(LEFT - 6, TOP + (i + 0.5) * size + 4, `${layer}`, `${small} text-anchor="end"`)] : [],
    ),
  ];
  const steps = Array.from({ length: 50 }, (_, i) => {
    const x = LEFT + i * 5;
    return `<rect x="${x}" y="${scaleTop}" width="5.5" height="12" fill="${colour(i / 49)}"/>`;
  });
  const middle = TOP + tall / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" role="img" aria-label="${escaped(title)}" ${FONT}>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(LEFT, 26, title, 'font-size="15" font-weight="600" fill="#1b2733"'),
    text(LEFT, 44, subtitle, small),
    text(LEFT + wide / 2, TOP - 22, columnName, `${small} text-anchor="middle"`),
    text(20, middle, rowName, `${small} text-anchor="middle" transform="rotate(-90 20 ${round(middle)})"`),
    ...cells,
    ...numbers,
    ...frames,
    ...labels,
    `<rect x="${LEFT}" y="${TOP + tall + 18}" width="14" height="14" fill="none" stroke="#d94801" stroke-width="2"/>`,
    text(LEFT + 22, TOP + tall + 29, frame, small),
    ...steps,
    text(LEFT, scaleTop + 28, low.toFixed(3), small),
    text(LEFT + 250, scaleTop + 28, high.toFixed(3), `${small} text-anchor="end"`),
    '</svg>',
    '',
  ].join('\n');
}

export function colour(share: number): string {
  const at = Math.min(RAMP.length - 1.000001, Math.max(0, share * (RAMP.length - 1)));
  const [from, to] = [RAMP[Math.floor(at)], RAMP[Math.floor(at) + 1]];
  return `rgb(${from.map((x, i) => Math.round(x + (to[i] - x) * (at - Math.floor(at)))).join(',')})`;
}

const round = (x: number): number => Math.round(x * 100) / 100;
