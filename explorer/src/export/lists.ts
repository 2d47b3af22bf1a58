import { scoreFormat } from '../format.ts';
import { escaped, svgOf } from './element.ts';

/** A ranked list as it is drawn for a paper. */
export interface DrawnList {
  heading: string;
  tone: string;
  /** Best first; of a second pole after them. */
  rows: readonly { label: string; score: number; tone?: string }[];
}

/** Both ends of a ranking as one list, the lower in the opposite colour. */
export function listOf(
  heading: string,
  tone: string,
  {
    top,
    bottom,
  }: { top: readonly { label: string; score: number }[]; bottom: readonly { label: string; score: number }[] },
): DrawnList {
  return {
    heading,
    tone,
    rows: [
      ...top.slice(0, MOST - bottom.length),
      ...bottom.toReversed().map(({ label, score }) => ({ label, score, tone: 'opposite' })),
    ],
  };
}

const ROW = 16;
const COLUMN = 200;
const GAP = 26;
const BAR = 46;
/** A picture of a list is read, not searched. */
const MOST = 40;
const SMALL = 'font-size="10.5" fill="var(--soft)"';

/** Lists side by side: rank, token, score, bar. */
export function listsSvg(lists: readonly DrawnList[]): string {
  const parts = lists.flatMap((list, column) => columnOf(list, column * (COLUMN + GAP)));
  const rows = Math.max(0, ...lists.map((list) => Math.min(MOST, list.rows.length)));
  return svgOf(lists.length * (COLUMN + GAP) - GAP, 22 + rows * ROW, parts);
}

function columnOf({ heading, tone, rows }: DrawnList, x: number): string[] {
  const shown = rows.slice(0, MOST);
  const full = Math.max(0, ...shown.map(({ score }) => Math.abs(score))) || 1;
  const format = scoreFormat(shown.map(({ score }) => score));
  return [
    `<text x="${x}" y="11" font-size="12" font-weight="600" fill="var(--ink)">${escaped(heading)}</text>`,
    ...shown.map((row, i) => {
      const y = 22 + i * ROW + 11;
      const width = ((BAR * Math.abs(row.score)) / full).toFixed(2);
      return (
        `<text x="${x}" y="${y}" font-size="12" font-family="var(--mono)" fill="var(--ink)">${escaped(fitted(row.label))}</text>` +
        `<text x="${x + COLUMN - BAR - 6}" y="${y}" text-anchor="end" ${SMALL}>${format(row.score)}</text>` +
        `<rect x="${x + COLUMN - BAR}" y="${y - 8}" width="${width}" height="8" rx="1" fill="var(--${row.tone ?? tone})"/>`
      );
    }),
  ];
}

const LONGEST = 15;
const fitted = (label: string): string => {
  const characters = [...label];
  return characters.length <= LONGEST ? label : `${characters.slice(0, LONGEST - 1).join('')}…`;
};
