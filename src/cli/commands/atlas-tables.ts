import type { ExportFormat } from '../../atlas/query/export.node.ts';
import type { TableName } from '../../atlas/schema.ts';
import { choice, flag, whole, words } from '../../questions/parameters.ts';
import { printable } from '../../quote.ts';
import { command } from '../definition.ts';
import { folder, output } from '../options.ts';
import { writeNow } from '../output/standard.ts';

/** Rows that are shown where no other number is asked for. */
const SHOWN = 10_000;

export const atlasSql = command({
  name: 'sql',
  summary: 'the rows of one SELECT (docs/atlas.md lists the tables)',
  arguments: { ...folder, select: words('In DuckDB’s SQL', { required: true }) },
  flags: { limit: whole('At most so many rows (default: 10,000, with -o all)'), ...output() },
  run: async ({ folder, select, limit, ...asked }) => {
    const { openedAtlas } = await import('../atlas.ts');
    const { printRows, printSomeRows } = await import('../report/atlas-rows.ts');
    await openedAtlas(folder, asked, (open) =>
      asked.output !== undefined
        ? printRows(folder, open, select, { ...asked, limit })
        : printSomeRows(folder, open, select, { ...asked, limit: limit ?? SHOWN }),
    );
  },
});

const BY_ENDING: Record<string, ExportFormat> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
};

export const exportTable = command({
  name: 'export',
  summary: 'a table, or the rows of a SELECT, as a file',
  arguments: folder,
  flags: {
    table: words('A table (docs/atlas.md)', { cli: { value: 'name' } }),
    sql: words('Or one SELECT', { cli: { value: 'select' } }),
    format: choice('Of the file (default: what its name says, else parquet)', ['parquet', 'csv', 'ndjson', 'json']),
    output: words('The file', { required: true, cli: { short: 'o', value: 'file' } }),
    quiet: flag('No notes on standard error'),
  },
  run: async ({ folder, output, table, sql, quiet, ...asked }) => {
    const { formatByName, STANDARD_OUTPUT } = await import('../output/print.ts');
    const { exportAtlas } = await import('../../atlas/query/export.node.ts');
    const { note, toStandardOutput } = await import('../run.ts');
    const { signal } = await import('../interrupt.ts');
    const format = asked.format ?? formatByName(output, BY_ENDING, '--format says it for any name') ?? 'parquet';
    const options = { table: table as TableName | undefined, sql, format, signal };
    if (output === STANDARD_OUTPUT)
      return toStandardOutput(format === 'parquet', (file) => exportAtlas(folder, file, options));
    await exportAtlas(folder, output, options);
    note(`Wrote ${output}.`, { quiet });
  },
});

export const diff = command({
  name: 'diff',
  summary: 'the neurons and heads that differ most between two atlases',
  arguments: {
    a: words('A folder made by `atlas build`', { required: true }),
    b: words('Another', { required: true }),
  },
  flags: {
    among: whole('Tokens and pairs of each list that are compared', { default: 20 }),
    k: whole('How many', { min: 1, default: 20 }),
    ...output(),
  },
  run: async ({ a, b, among, k, ...asked }) => {
    const { diffAtlases } = await import('../../atlas/query/open.node.ts');
    const { diffReport } = await import('../report/atlas.ts');
    const { formatOf, print } = await import('../output/print.ts');
    formatOf(asked); // A contradiction in the flags is found before the work is done.
    await print(diffReport(a, b, among, await diffAtlases(a, b, { among, k })), asked);
  },
});

export const check = command({
  name: 'check',
  summary: 'compare every file with what was written',
  arguments: folder,
  flags: {},
  run: async ({ folder }) => {
    const { openAtlas } = await import('../../atlas/query/open.node.ts');
    const { notOfToday } = await import('../../atlas/manifest.ts');
    const open = await openAtlas(folder);
    try {
      await open.check();
      writeNow(`${printable(folder)}: ${open.manifest.files.length} files are as they were written.\n`);
      for (const said of notOfToday(open.manifest)) writeNow(`${said}\n`);
    } finally {
      open.close();
    }
  },
});
