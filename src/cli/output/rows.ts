import { csvLine } from '../../csv.ts';
import type { Format } from '../options.ts';
import { jsonLine, jsonPieces } from './json.ts';

/** Text for rows whose number is not known before, written as they come. */
export interface RowsText {
  /** Before the rows. */
  head(names: readonly string[]): string;
  row(values: readonly unknown[]): string;
  /** After the rows. */
  foot(): string;
}

/** As {@link render} writes records that are plain rows; undefined for formats whose layout needs all rows at once. */
export function rowsText(format: Format, options: { visible?: boolean } = {}): RowsText | undefined {
  let names: readonly string[] = [];
  let any = false;
  const record = (values: readonly unknown[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
  const head = (given: readonly string[], text: string): string => {
    names = given;
    return text;
  };
  switch (format) {
    case 'csv':
      return {
        head: (given) => csvLine(given, options),
        row: (values) => csvLine(values, options),
        foot: () => '',
      };
    case 'ndjson':
      return { head: (given) => head(given, ''), row: (values) => `${jsonLine(record(values))}\n`, foot: () => '' };
    case 'json':
      return {
        head: (given) => head(given, '['),
        row: (values) => {
          const text = `${any ? ',' : ''}\n  ${[...jsonPieces(record(values), '  ')].join('')}`;
          any = true;
          return text;
        },
        foot: () => (any ? '\n]\n' : ']\n'),
      };
    default:
      return undefined;
  }
}
