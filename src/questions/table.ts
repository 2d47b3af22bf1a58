export type Cell = string | number | boolean | null | undefined;

/** Columns of one length. */
export interface Table {
  columns: Record<string, readonly Cell[] | Float64Array | Uint32Array | Int32Array>;
}

/** Rows of equal keys as columns; what is no plain value is written as JSON. */
export function columnsOf(rows: readonly Record<string, unknown>[], names = Object.keys(rows[0] ?? {})): Table {
  const cell = (value: unknown): Cell =>
    value === undefined || value === null
      ? null
      : typeof value === 'object'
        ? JSON.stringify(value)
        : typeof value === 'bigint'
          ? Number(value)
          : (value as Cell);
  return { columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => cell(row[name]))])) };
}

/** Both ends of a ranking, one row per token, after the columns of `of`. */
export function rankedRows({ top, bottom }: RankedEnds, of: Record<string, unknown> = {}): Record<string, unknown>[] {
  return Object.entries({ top, bottom }).flatMap(([end, tokens]) =>
    tokens.map((token, i) => ({ ...of, end, rank: i + 1, ...asRow(token) })),
  );
}

interface RankedEnds {
  readonly top: readonly object[];
  readonly bottom: readonly object[];
}

/** An entry as a row. A table has no room for notes: that a score is a preview's stands in the name of its margin. */
export function asRow<T extends object>(
  scored: T & { margin?: number; shareMargin?: number },
): Record<string, unknown> {
  const { margin, shareMargin, ...entry } = scored;
  return {
    ...entry,
    ...(margin !== undefined && { preview_margin: margin }),
    ...(shareMargin !== undefined && { preview_share_margin: shareMargin }),
  };
}

/** With the columns of margins that the rows have: of a preview. */
export const withMargin = (rows: readonly Record<string, unknown>[], columns: readonly string[]): string[] => [
  ...columns,
  ...['preview_margin', 'preview_share_margin'].filter((name) => rows.some((row) => row[name] !== undefined)),
];

export const RANKED_COLUMNS = ['end', 'rank', 'id', 'token', 'label', 'score'];
