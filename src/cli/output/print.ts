import { once } from 'node:events';
import { extname } from 'node:path';
import { WeightscopeError } from '../../errors.ts';
import type { Format, OutputFlags } from '../options.ts';
import { writeFileWhole } from './file.ts';
import type { Report } from './report.ts';
import { renderTable } from './table.ts';
import { type Terminal, terminalOf } from './terminal.ts';
import { renderCsv, renderJson, renderMarkdown, renderNdjson } from './text.ts';

const BY_EXTENSION: Record<string, Format> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.md': 'markdown',
  '.txt': 'table',
};

/** The format asked for, else what the output file's name says, else a table. `USAGE` where two are asked for. */
export function formatOf({ format, json, output }: OutputFlags): Format {
  if (json && format && format !== 'json') {
    throw new WeightscopeError('USAGE', `Expected one format, got --json and --format ${format}.`);
  }
  if (json) return 'json';
  return format ?? (output === undefined ? undefined : BY_EXTENSION[extname(output).toLowerCase()]) ?? 'table';
}

/** The report in `format` as pieces of text. */
export function render(report: Report, format: Format, terminal: Terminal): Iterable<string> {
  switch (format) {
    case 'table':
      return [renderTable(report, terminal)];
    case 'json':
      return [renderJson(report)];
    case 'ndjson':
      return renderNdjson(report);
    case 'csv':
      return renderCsv(report);
    case 'markdown':
      return renderMarkdown(report);
  }
}

/** Prints to standard output, or writes the file that `--output` names under a temporary name first. */
export async function print(report: Report, flags: OutputFlags): Promise<void> {
  const format = formatOf(flags);
  if (flags.output === undefined) return writeTo(process.stdout, render(report, format, terminalOf(process.stdout)));
  await writeFileWhole(flags.output, async (file) => {
    for (const piece of inBatches(render(report, format, terminalOf({})))) await file.write(piece);
  });
}

/** Writes with regard to backpressure, so that a long list to a slow pipe is not held twice. */
export async function writeTo(stream: NodeJS.WritableStream, pieces: Iterable<string>): Promise<void> {
  for (const piece of inBatches(pieces)) {
    if (!stream.write(piece)) await once(stream, 'drain');
  }
}

const BATCH = 64 * 1024;

function* inBatches(pieces: Iterable<string>): Generator<string> {
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
