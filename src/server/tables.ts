import { parquetWriteBuffer } from 'hyparquet-writer';
import { csvLine } from '../csv.ts';

import type { Cell, Table } from '../questions/table.ts';

/** One Parquet file: numbers as DOUBLE (INT32 where all are whole), text as UTF-8. */
export function parquetOf({ columns }: Table): ArrayBuffer {
  return parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, data]) => {
      const values = Array.from(data as ArrayLike<Cell>, (value) => value ?? null);
      const present = values.filter((value) => value !== null);
      const type = present.every((value) => typeof value === 'boolean')
        ? 'BOOLEAN'
        : present.every((value) => typeof value === 'number')
          ? present.every((value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31)
            ? 'INT32'
            : 'DOUBLE'
          : 'STRING';
      const written = type === 'STRING' ? values.map((value) => (value === null ? null : String(value))) : values;
      return {
        name,
        data: written,
        type: present.length === 0 ? 'STRING' : type,
        nullable: present.length < values.length,
      };
    }),
  });
}

/** RFC 4180 with a header line. */
export function csvOf({ columns }: Table): string {
  const names = Object.keys(columns);
  const length = names.length === 0 ? 0 : columns[names[0]].length;
  const lines = [csvLine(names)];
  for (let i = 0; i < length; i++) lines.push(csvLine(names.map((name) => columns[name][i])));
  return lines.join('');
}
