import type { Atlas } from '../../atlas/query/atlas.ts';
import { textOf } from '../../csv.ts';
import { WeightscopeError } from '../../errors.ts';
import { writeFileWhole } from '../../source/whole-file.node.ts';
import { signal } from '../interrupt.ts';
import type { OutputFlags } from '../options.ts';
import { formatOf, print } from '../output/print.ts';
import type { Report } from '../output/report.ts';
import { rowsText } from '../output/rows.ts';
import { writeOut } from '../output/standard.ts';
import { note, remark, toFile } from '../run.ts';
import { single } from './atlas.ts';
import { plural, thousands } from './reading.ts';

/** Rows of a table that is laid out whole. */
const LAID_OUT = 100_000;

/** At most `limit` rows of a SELECT; where there are more, that is said. */
export async function printSomeRows(
  folder: string,
  atlas: Atlas,
  query: string,
  flags: OutputFlags & { limit: number },
): Promise<void> {
  const { limit } = flags;
  const rows = await atlas.sql(query, { limit: limit + 1, signal });
  const more = rows.length > limit;
  if (more) rows.pop();
  await print(rowsReport(folder, rows), flags);
  if (more) remark(`Only the first ${plural(limit, 'row')}; --limit N shows more, -o FILE writes all.`, flags);
}

/** All rows of a SELECT (or as many as `limit`), as they come: however many they are, few are held. */
export async function printRows(
  folder: string,
  atlas: Atlas,
  query: string,
  flags: OutputFlags & { limit?: number },
): Promise<void> {
  const [format, { limit }] = [formatOf(flags), flags];
  const text = rowsText(format, { visible: !toFile(flags) && process.stdout.isTTY });
  if (!text) {
    const rows = await atlas.sql(query, { limit: limit ?? LAID_OUT + 1, signal });
    if (limit === undefined && rows.length > LAID_OUT)
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        `Expected at most ${thousands(LAID_OUT)} rows for ${format}, which is laid out as a whole, got more; write .csv, .ndjson or .json, or give --limit.`,
      );
    await print(rowsReport(folder, rows), flags);
  } else {
    const write = async (take: (piece: string) => Promise<void>): Promise<void> => {
      const visitor = {
        names: (names: readonly string[]) => {
          pending = text.head(names);
        },
        rows: async (rows: readonly unknown[][]) => {
          const piece = pending + rows.map((row) => text.row(row)).join('');
          pending = '';
          await take(piece);
        },
      };
      let pending = '';
      await atlas.sqlRows(query, visitor, { limit, signal });
      await take(pending + text.foot());
    };
    if (toFile(flags)) await writeFileWhole(flags.output, (file) => write((piece) => file.write(piece)));
    else await write((piece) => writeOut([piece]));
  }
  if (toFile(flags)) note(`Wrote ${flags.output}.`, flags);
}

export function rowsReport(folder: string, rows: readonly Record<string, unknown>[]): Report {
  const nested = (value: unknown) => typeof value === 'object' && !ArrayBuffer.isView(value);
  const cell = (value: unknown): string => (nested(value) ? JSON.stringify(value) : textOf(value));
  return single({
    title: `${plural(rows.length, 'row')} of ${folder}`,
    columns: Object.keys(rows[0] ?? {}).map((name) => ({
      name,
      shown: true,
      align: typeof rows[0][name] === 'number' ? 'right' : 'left',
    })),
    rows: rows.map((row) => Object.values(row).map(cell)),
    json: rows,
    records: rows,
  });
}
