import { csvLine } from '../../src/csv.ts';

type Cell = string | number | boolean | null | undefined;

/** CSV as command line and API write it, with a header of the first row's names. */
export const toCsv = (rows: readonly Record<string, Cell>[]): string =>
  linesOf(rows)
    .map((cells) => csvLine(cells))
    .join('');

/** For pasting into a spreadsheet: tabs and line ends within a cell become spaces. */
export const toTsv = (rows: readonly Record<string, Cell>[]): string =>
  linesOf(rows)
    .map((cells) => `${cells.map((cell) => String(cell ?? '').replace(/[\t\r\n]/g, ' ')).join('\t')}\n`)
    .join('');

function linesOf(rows: readonly Record<string, Cell>[]): Cell[][] {
  const names = Object.keys(rows[0] ?? {});
  return [names, ...rows.map((row) => names.map((name) => row[name]))];
}
