import type { TableName } from '../../atlas/schema.ts';
import { sql } from '../../questions/atlas.ts';
import { choice, flag, whole, words } from '../../questions/parameters.ts';
import { printable } from '../../quote.ts';
import { command } from '../definition.ts';
import { folder, output } from '../options.ts';
import { writeNow } from '../output/standard.ts';

export const atlasSql = command({
  name: 'sql',
  summary: 'the rows of one SELECT (docs/atlas.md lists the tables)',
  arguments: { ...folder, select: words('In DuckDB’s SQL', { required: true }) },
  flags: { limit: sql.parameters.limit, ...output() },
  run: async ({ folder, select, limit, ...asked }) => {
    const { rowsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, asked, async (open) => rowsReport(folder, await open.sql(select, { limit })));
  },
});

export const exportTable = command({
  name: 'export',
  summary: 'a table, or the rows of a SELECT, as a file',
  arguments: folder,
  flags: {
    table: words('A table (docs/atlas.md)', { cli: { value: 'name' } }),
    sql: words('Or one SELECT', { cli: { value: 'select' } }),
    format: choice('Of the file', ['parquet', 'csv', 'ndjson', 'json'], { default: 'parquet' }),
    output: words('The file', { required: true, cli: { short: 'o', value: 'file' } }),
    quiet: flag('No notes on standard error'),
  },
  run: async ({ folder, output, table, quiet, ...asked }) => {
    const { exportAtlas } = await import('../../atlas/query/export.node.ts');
    const { note } = await import('../run.ts');
    await exportAtlas(folder, output, { table: table as TableName | undefined, ...asked });
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
    k: whole('How many', { default: 20 }),
    ...output(),
  },
  run: async ({ a, b, among, k, ...asked }) => {
    const { diffAtlases } = await import('../../atlas/query/diff.node.ts');
    const { diffReport } = await import('../report/atlas.ts');
    const { print } = await import('../output/print.ts');
    await print(diffReport(a, b, among, await diffAtlases(a, b, { among, k })), asked);
  },
});

export const check = command({
  name: 'check',
  summary: 'compare every file with what was written',
  arguments: folder,
  flags: {},
  run: async ({ folder }) => {
    const { openAtlas } = await import('../../atlas/query/atlas.node.ts');
    const open = await openAtlas(folder);
    try {
      await open.check();
      writeNow(`${printable(folder)}: ${open.manifest.files.length} files are as they were written.\n`);
    } finally {
      open.close();
    }
  },
});
