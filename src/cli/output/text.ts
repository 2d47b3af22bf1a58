import type { Block, Report } from './report.ts';

/** JSON with the indentation of two spaces; scores keep all their digits. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report.json, null, 2)}\n`;
}

/** One JSON object per line. */
export function* renderNdjson(report: Report): Generator<string> {
  for (const record of report.records()) yield `${JSON.stringify(record)}\n`;
}

/** RFC 4180: CRLF, a header line, quotes where they are needed; nested objects become `first_id`, `first_token` … */
export function* renderCsv(report: Report): Generator<string> {
  let names: string[] | undefined;
  for (const record of report.records()) {
    const flat = new Map(flatten(record, ''));
    if (!names) {
      names = [...flat.keys()];
      yield `${names.map(csvField).join(',')}\r\n`;
    }
    yield `${names.map((name) => csvField(flat.get(name))).join(',')}\r\n`;
  }
}

function* flatten(record: object, prefix: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(record)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      yield* flatten(value, `${prefix}${name}_`);
    else yield [prefix + name, value];
  }
}

function csvField(value: unknown): string {
  const text = value === undefined || value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value);
  // A field of spaces alone is quoted as well: many readers trim bare ones.
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** GitHub-flavoured tables, one per block. */
export function* renderMarkdown(report: Report): Generator<string> {
  yield `## ${escapeMarkdown(report.title)}\n`;
  if (report.applied.length) yield `\n${report.applied.map(escapeMarkdown).join(' · ')}\n`;
  for (const group of report.groups) {
    if (group.title) yield `\n### ${escapeMarkdown(group.title)}\n`;
    if (group.text) yield `\n${escapeMarkdown(group.text)}\n`;
    for (const block of group.blocks) yield* markdownBlock(block, group.ranked ?? false);
  }
  for (const note of report.notes) yield `\n${escapeMarkdown(note)}\n`;
}

function* markdownBlock(block: Block, ranked: boolean): Generator<string> {
  // Arrows between the words of a pair are for terminals.
  const shown = block.columns.map((column, index) => ({ ...column, index })).filter((column) => column.name);
  if (block.heading) yield `\n**${escapeMarkdown(block.heading)}**\n`;
  if (block.rows.length) {
    const names = shown.map((column) => escapeMarkdown(column.name));
    const rules = shown.map((column) => (column.align === 'right' ? '---:' : '---'));
    yield `\n| ${(ranked ? ['#', ...names] : names).join(' | ')} |\n`;
    yield `| ${(ranked ? ['---:', ...rules] : rules).join(' | ')} |\n`;
  }
  for (const [rank, row] of block.rows.entries()) {
    const cells = shown.map(({ index }) => escapeMarkdown(row[index] ?? ''));
    yield `| ${(ranked ? [String(rank + 1), ...cells] : cells).join(' | ')} |\n`;
  }
  for (const { name, items } of block.footer ?? []) {
    yield `\n${escapeMarkdown(name)}: ${items.length ? items.map(escapeMarkdown).join(', ') : '–'}\n`;
  }
}

/** Tokens are full of characters that mean something in markdown and HTML. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~$]/g, '\\$&');
}
