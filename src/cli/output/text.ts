import { type CsvOptions, csvLine } from '../../csv.ts';
import { printable } from '../../quote.ts';
import { jsonLine, jsonPieces } from './json.ts';
import type { Group, Report } from './report.ts';

/** JSON with the indentation of two spaces; scores keep all their digits. */
export function* renderJson(report: Report): Generator<string> {
  yield* jsonPieces(report.json);
  yield '\n';
}

/** One JSON object per line. */
export function* renderNdjson(report: Report): Generator<string> {
  for (const record of report.records()) yield `${jsonLine(record)}\n`;
}

/** RFC 4180: CRLF, a header line, quotes where they are needed; nested objects become `first_id`, `first_token` … */
export function* renderCsv(report: Report, options: CsvOptions = {}): Generator<string> {
  // Records may be of several kinds (the notebook's neurons and heads): a column for every name there is.
  const all = new Set<string>();
  for (const record of report.records()) for (const [name] of flatten(record, '')) all.add(name);
  if (all.size === 0) return;
  const names = [...all];
  yield csvLine(names, options);
  for (const record of report.records()) {
    const flat = new Map(flatten(record, ''));
    yield csvLine(
      names.map((name) => flat.get(name)),
      options,
    );
  }
}

function* flatten(record: object, prefix: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(record)) {
    if (isRecord(value)) yield* flatten(value, `${prefix}${name}_`);
    else yield [prefix + name, value];
  }
}

/** What has names and values of its own, unlike a list, a date or bytes. */
function isRecord(value: unknown): value is object {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  return !(value instanceof Date) && !ArrayBuffer.isView(value);
}

/** GitHub-flavoured tables. */
export function* renderMarkdown(report: Report): Generator<string> {
  yield `## ${escapeMarkdown(report.title)}\n`;
  if (report.applied.length) yield `\n${report.applied.map(escapeMarkdown).join(' · ')}\n`;
  for (const group of report.groups) {
    if (group.title) yield `\n### ${escapeMarkdown(group.title)}\n`;
    if (group.text) yield `\n${escapeMarkdown(group.text)}\n`;
    yield* markdownGroup(group);
  }
  for (const note of report.notes) yield `\n${escapeMarkdown(note)}\n`;
}

/** One table for blocks that stand side by side, then what is said under them. */
function* markdownGroup({ blocks, ranked }: Group): Generator<string> {
  const columns = blocks.flatMap((block) =>
    block.columns.flatMap((column, index) => {
      // Arrows between the words of a pair are for terminals.
      if (!column.name) return [];
      const name = index === 0 && block.heading ? `${block.heading}: ${column.name}` : column.name;
      return [{ name, align: column.align, cell: (row: number) => block.rows.at(row)?.[index] ?? '' }];
    }),
  );
  const line = (cells: string[], rank: string) => `| ${(ranked ? [rank, ...cells] : cells).join(' | ')} |\n`;
  const height = Math.max(0, ...blocks.map((block) => block.rows.length));
  if (height > 0) {
    const rules = columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
    yield `\n${line(
      columns.map(({ name }) => escapeMarkdown(name)),
      '#',
    )}${line(rules, '---:')}`;
  }
  for (let row = 0; row < height; row++) {
    yield line(
      columns.map(({ cell }) => escapeMarkdown(cell(row))),
      String(row + 1),
    );
  }
  for (const { footer } of blocks) {
    if (!footer) continue;
    yield `\n- ${escapeMarkdown(`${footer.name}: ${footer.text}`)}\n`;
    for (const { name, items } of footer.lists) {
      yield `  - ${escapeMarkdown(name)}: ${items.length ? items.map(escapeMarkdown).join(', ') : '–'}\n`;
    }
  }
}

/** Tokens are full of characters that mean something in markdown and HTML. */
export function escapeMarkdown(text: string): string {
  return printable(text.replaceAll(/[\r\n]+/g, ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|~$]/g, '\\$&');
}
