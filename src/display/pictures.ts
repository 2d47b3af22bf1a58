import { html, type Markup, written } from './markup.ts';

/** From white to blue for scores above 0, to red below; by the largest of all. */
function colour(score: number, most: number): string {
  const share = most > 0 && Number.isFinite(score) ? Math.min(1, Math.abs(score) / most) : 0;
  return `rgba(${score < 0 ? '181,87,60' : '58,118,176'},${share.toFixed(3)})`;
}

const CELL = 16;

/** Some letters of a label; the whole stands in the title of its cells. */
const short = (label: string): string => (label.length > 14 ? `${label.slice(0, 13)}…` : label);

/** Scores of rows by columns, as SVG with real text. */
export function heatMapPicture(
  rows: readonly string[],
  columns: readonly string[],
  scores: readonly (readonly (number | null)[])[],
): Markup {
  const most = Math.max(0, ...scores.flat().map((score) => Math.abs(score ?? 0)));
  const [left, top] = [110, 110];
  const cells = scores.flatMap((row, i) =>
    row.map(
      (score, j) =>
        html`<rect x="${left + j * CELL}" y="${top + i * CELL}" width="${CELL - 1}" height="${CELL - 1}" fill="${colour(score ?? 0, most)}"><title>${rows[i]} → ${columns[j]}: ${written(score)}</title></rect>`,
    ),
  );
  const names = [
    ...rows.map(
      (label, i) => html`<text x="${left - 5}" y="${top + i * CELL + 12}" text-anchor="end">${short(label)}</text>`,
    ),
    ...columns.map(
      (label, j) =>
        html`<text transform="translate(${left + j * CELL + 12} ${top - 5}) rotate(-60)">${short(label)}</text>`,
    ),
  ];
  const [width, height] = [left + columns.length * CELL + 60, top + rows.length * CELL];
  return html`<div><svg role="img" aria-label="scores, at most ${written(most)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${cells}${names}</svg><p>Darkest: ${written(most)}</p></div>`;
}

const [WIDTH, HEIGHT] = [260, 90];

/** Counts in equal bins, as SVG; heights by the logarithm, so that the tails are seen. */
export function histogramPicture(caption: string, edges: readonly number[], counts: readonly number[]): Markup {
  const most = Math.log1p(Math.max(0, ...counts));
  const step = WIDTH / Math.max(1, counts.length);
  const bars = counts.map((count, i) => {
    const height = most > 0 ? (HEIGHT * Math.log1p(count)) / most : 0;
    return html`<rect x="${(i * step).toFixed(2)}" y="${(HEIGHT - height).toFixed(2)}" width="${Math.max(0.5, step - 0.5).toFixed(2)}" height="${height.toFixed(2)}" fill="#3a76b0"><title>${written(edges[i])} to ${written(edges[i + 1])}: ${written(count)}</title></rect>`;
  });
  return html`<div><h4>${caption}</h4><svg role="img" aria-label="tokens by score" width="${WIDTH}" height="${HEIGHT + 16}" viewBox="0 0 ${WIDTH} ${HEIGHT + 16}">${bars}<text x="0" y="${HEIGHT + 13}">${written(edges[0])}</text><text x="${WIDTH}" y="${HEIGHT + 13}" text-anchor="end">${written(edges.at(-1))}</text></svg></div>`;
}
