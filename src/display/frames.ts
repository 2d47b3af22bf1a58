import { columnsOf, type Table } from '../questions/table.ts';

/** An answer as tables, by name; the first is what most people want. */
export type Frames = Readonly<Record<string, Table>>;

/**
 * Every table in an answer. Each list of records is one, named by its place (`neurons.value.top`); so are numbers that
 * stand side by side in lists of one length; what is left is one row, `facts`. `main`: the question's own table, where
 * it has one.
 */
export function framesOf(answer: unknown, main?: Table): Frames {
  const lists: Record<string, Table> = {};
  const facts: Record<string, unknown> = {};
  gather(answer, '', lists, facts);
  return {
    ...(main && { main }),
    ...lists,
    ...(Object.keys(facts).length > 0 && { facts: columnsOf([facts]) }),
  };
}

type Fields = Record<string, unknown>;

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const isPlain = (value: unknown): boolean => value === null || typeof value !== 'object';

function gather(value: unknown, path: string, lists: Record<string, Table>, facts: Fields): void {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRecord)) lists[path || 'rows'] = recordsTable(value);
    else if (value.length > 0 && value.every(isPlain)) facts[path || 'values'] = value.join(' ');
    return;
  }
  if (!isRecord(value)) {
    if (path !== '' && value !== undefined) facts[path] = value;
    return;
  }
  const series = seriesOf(value);
  for (const columns of series) lists[[path, Object.keys(columns).join('+')].filter(Boolean).join('.')] = { columns };
  const taken = new Set(series.flatMap((columns) => Object.keys(columns)));
  for (const [name, inner] of Object.entries(value))
    if (!taken.has(name)) gather(inner, path ? `${path}.${name}` : name, lists, facts);
}

/** Lists of numbers in one object; those of one length stand side by side, with the texts that are as long. */
function seriesOf(value: Fields): Table['columns'][] {
  const byLength = new Map<number, Record<string, readonly string[]>>();
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(inner) || inner.length === 0 || !inner.every(isPlain)) continue;
    byLength.set(inner.length, { ...byLength.get(inner.length), [name]: inner });
  }
  const hasNumbers = (columns: Table['columns']) =>
    Object.values(columns).some((column) => Array.from(column).some((cell) => typeof cell === 'number'));
  return [...byLength.values()].filter(hasNumbers);
}

/** Records as rows; what is in them by name stands in columns with a dot: `token.label`. */
function recordsTable(records: readonly Fields[]): Table {
  const rows = records.map((record) => flat(record));
  return columnsOf(rows, [...new Set(rows.flatMap((row) => Object.keys(row)))]);
}

function flat(record: Fields, path = ''): Fields {
  return Object.assign(
    {},
    ...Object.entries(record).map(([name, value]) =>
      isRecord(value) ? flat(value, `${path}${name}.`) : { [path + name]: value },
    ),
  );
}
