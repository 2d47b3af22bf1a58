import type { Spectrum } from '../../api/types.ts';
import { escaped, svgOf } from '../../export/element.ts';
import { formatScore } from '../../format.ts';

const SIDE = 270;
const LINE = 15;
const LABEL = 64;
const MONO = 7.25;

/** The cards below each other, for paper. */
export function directionsSvg({ directions }: Spectrum, tone: string): string {
  const parts: string[] = [];
  let y = 0;
  for (const { start, end, values, left, right } of directions) {
    const name = end - start > 1 ? `${start + 1}–${end}` : String(start + 1);
    parts.push(
      `<text x="0" y="${y + 12}" font-size="12" font-weight="600" fill="var(--ink)">${name}</text>`,
      `<text x="${LABEL - 12}" y="${y + 12}" font-size="10.5" text-anchor="end" fill="var(--soft)">${formatScore(values[0]!)}</text>`,
    );
    for (const pole of ['top', 'bottom'] as const) {
      const columns = [left[pole], right[pole]].map((words) => linesOf(words.map(({ label }) => label)));
      columns.forEach((lines, column) => {
        const fill = pole === 'bottom' ? 'opposite' : column === 0 ? 'read' : tone;
        lines.forEach((line, i) => {
          parts.push(
            `<text x="${LABEL + column * (SIDE + 16)}" y="${y + 12 + i * LINE}" font-size="12" font-family="var(--mono)" fill="var(--${fill})">${escaped(line)}</text>`,
          );
        });
      });
      y += Math.max(...columns.map((lines) => lines.length)) * LINE + 3;
    }
    y += 8;
  }
  return svgOf(LABEL + 2 * SIDE + 16, y, parts);
}

/** Words broken into lines of a side's width. */
function linesOf(labels: readonly string[]): string[] {
  const most = Math.floor(SIDE / MONO);
  const lines: string[] = [];
  for (const label of labels) {
    const last = lines.at(-1);
    if (last !== undefined && [...last, ...label].length + 2 <= most) lines[lines.length - 1] = `${last}  ${label}`;
    else lines.push(label);
  }
  return lines;
}
