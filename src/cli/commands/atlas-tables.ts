import { type Command, Option } from 'commander';
import type { ExportFormat } from '../../atlas/query/export.node.ts';
import type { TableName } from '../../atlas/schema.ts';
import { printable } from '../../quote.ts';
import { addOutputOptions, amount, type OutputFlags } from '../options.ts';
import { writeNow } from '../output/standard.ts';
import { FOLDER } from './atlas-options.ts';

export function addSql(atlas: Command): void {
  const command = atlas
    .command('sql')
    .summary('the rows of one SELECT (docs/atlas.md lists the tables)')
    .argument('<folder>', FOLDER)
    .argument('<select>', 'in DuckDB’s SQL')
    .option('--limit <n>', 'at most so many rows', amount, 10_000);
  addOutputOptions(command);
  command.action(async (folder: string, query: string, flags: OutputFlags & { limit: number }) => {
    const { rowsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => rowsReport(folder, await open.sql(query, flags)));
  });
}

export function addExport(atlas: Command): void {
  atlas
    .command('export')
    .summary('a table, or the rows of a SELECT, as a file')
    .argument('<folder>', FOLDER)
    .option('--table <name>', 'a table (docs/atlas.md)')
    .option('--sql <select>', 'or one SELECT')
    .addOption(
      new Option('--format <format>', 'of the file').choices(['parquet', 'csv', 'ndjson', 'json']).default('parquet'),
    )
    .requiredOption('-o, --output <file>', 'the file')
    .option('--quiet', 'no notes on standard error')
    .action(
      async (
        folder: string,
        flags: { table?: TableName; sql?: string; format: ExportFormat; output: string; quiet?: boolean },
      ) => {
        const { exportAtlas } = await import('../../atlas/query/export.node.ts');
        const { note } = await import('../run.ts');
        await exportAtlas(folder, flags.output, flags);
        note(`Wrote ${flags.output}.`, { quiet: flags.quiet });
      },
    );
}

export function addDiff(atlas: Command): void {
  const command = atlas
    .command('diff')
    .summary('the neurons and heads that differ most between two atlases')
    .argument('<a>', FOLDER)
    .argument('<b>', 'another')
    .option('--among <n>', 'tokens and pairs of each list that are compared', amount, 20)
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
  command.action(async (a: string, b: string, flags: OutputFlags & { among: number; k: number }) => {
    const { diffAtlases } = await import('../../atlas/query/diff.node.ts');
    const { diffReport } = await import('../report/atlas.ts');
    const { print } = await import('../output/print.ts');
    await print(diffReport(a, b, flags.among, await diffAtlases(a, b, flags)), flags);
  });
}

export function addCheck(atlas: Command): void {
  atlas
    .command('check')
    .summary('compare every file with what was written')
    .argument('<folder>', FOLDER)
    .action(async (folder: string) => {
      const { openAtlas } = await import('../../atlas/query/atlas.node.ts');
      const open = await openAtlas(folder);
      try {
        await open.check();
        writeNow(`${printable(folder)}: ${open.manifest.files.length} files are as they were written.\n`);
      } finally {
        open.close();
      }
    });
}
