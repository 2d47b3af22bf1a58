import { basename, extname } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import { checkWritable, writeFileWhole } from '../../source/whole-file.node.ts';
import type { Format, OutputFlags } from '../options.ts';
import { renderHtml } from './html.ts';
import type { Report } from './report.ts';
import { writeOut } from './standard.ts';
import { renderTable } from './table.ts';
import { type Terminal, terminalOf } from './terminal.ts';
import { renderCsv, renderJson, renderMarkdown, renderNdjson } from './text.ts';

const BY_ENDING: Record<string, Format> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.md': 'markdown',
  '.txt': 'table',
};

/** The same of a command that can draw; what is a picture is written as such before a format is looked for. */
const DRAWN: Record<string, Format> = { ...BY_ENDING, '.svg': 'table' };

/** The name that stands for standard output. */
export const STANDARD_OUTPUT = '-';

/**
 * The format asked for, else what the output file's name says, else a table. `USAGE` where two are asked for, and where
 * the name's ending says what cannot be written. `draws`: the command can write a picture as well.
 */
export function formatOf({ format, json, output }: OutputFlags, draws = false): Format {
  if (json && format && format !== 'json') {
    throw new WeightscopeError('USAGE', `Expected one format, got --json and --format ${format}.`);
  }
  if (json) return 'json';
  return format ?? formatByName(output, draws ? DRAWN : BY_ENDING, otherwise(output, draws)) ?? 'table';
}

/** What to do with a name whose ending no table has. A picture of a neuron or head is the page's to make. */
function otherwise(output: string | undefined, draws: boolean): string {
  if (!PICTURES.includes(extname(output ?? '').toLowerCase())) return '--format says it for any name';
  return draws
    ? 'its picture is written as .svg'
    : 'this command draws no picture: the page does, open it with `weightscope explore MODEL` and press “picture” beside a drawing or list (`align -o heat.svg` draws its own)';
}

const PICTURES = ['.svg', '.png', '.pdf', '.jpg', '.jpeg'];

/** What a file's ending says of it; undefined where there is none. `USAGE` for one that is not in `known`. */
export function formatByName<F>(
  output: string | undefined,
  known: Readonly<Record<string, F>>,
  otherwise?: string,
): F | undefined {
  const ending = output === undefined || output === STANDARD_OUTPUT ? '' : extname(output).toLowerCase();
  if (ending === '') return undefined;
  if (Object.hasOwn(known, ending)) return known[ending];
  const endings = Object.keys(known).join(', ');
  throw new WeightscopeError(
    'USAGE',
    `Expected a file whose name ends in ${endings}, got ${basename(output!)}${otherwise ? `; ${otherwise}` : ''}.`,
  );
}

/**
 * The report in `format` as pieces of text. `visible`: nothing in it may be obeyed by a terminal, in a cell of CSV
 * either.
 */
export function render(
  report: Report,
  format: Format,
  terminal: Terminal,
  options: { visible?: boolean } = {},
): Iterable<string> {
  switch (format) {
    case 'table':
      return renderTable(report, terminal);
    case 'json':
      return renderJson(report);
    case 'ndjson':
      return renderNdjson(report);
    case 'csv':
      return renderCsv(report, options);
    case 'markdown':
      return renderMarkdown(report);
  }
}

/**
 * Whether the output is to be a picture, for commands that can draw: its name says so, and no format says otherwise.
 */
export const isPicture = ({ format, json, output }: OutputFlags): boolean =>
  !format && !json && output !== undefined && extname(output).toLowerCase() === '.svg';

/** Writes a report's picture under a temporary name first. */
export const writePicture = (report: Report, path: string): Promise<void> =>
  writeFileWhole(path, async (file) => {
    await file.write(report.picture!());
  });

const PAGES = { '.html': 'html', '.htm': 'html', '.md': 'markdown' } as const;

/** Fails before the work where a report cannot be written as its name says: `USAGE`, `OUTPUT_UNWRITABLE`. */
export async function checkPage(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  if (formatByName(path, PAGES) === undefined)
    throw new WeightscopeError('USAGE', `Expected a report whose name ends in .html or .md, got ${basename(path)}.`);
  await checkWritable(path);
}

/** Writes a report as a page of its own, under a temporary name first. */
export async function writePage(report: Report, path: string): Promise<void> {
  const pieces = formatByName(path, PAGES) === 'html' ? [renderHtml(report)] : renderMarkdown(report);
  await writeFileWhole(path, async (file) => {
    for (const piece of inBatches(pieces)) await file.write(piece);
  });
}

/** Prints to standard output, or writes the file that `--output` names under a temporary name first. */
export async function print(report: Report, flags: OutputFlags): Promise<void> {
  const format = formatOf(flags);
  if (flags.output === undefined || flags.output === STANDARD_OUTPUT) {
    const visible = process.stdout.isTTY;
    return writeOut(inBatches(render(report, format, terminalOf(process.stdout), { visible })));
  }
  await writeFileWhole(flags.output, async (file) => {
    for (const piece of inBatches(render(report, format, terminalOf({})))) await file.write(piece);
  });
}

const BATCH = 64 * 1024;

/** Pieces joined: a write for each would take longer than making them. */
export function* inBatches(pieces: Iterable<string>): Generator<string> {
  let batch = '';
  for (const piece of pieces) {
    batch += piece;
    if (batch.length >= BATCH) {
      yield batch;
      batch = '';
    }
  }
  if (batch) yield batch;
}
