import type { MergeResult } from '../compare/adapter/merge.node.ts';
import { WeightscopeError } from '../errors.ts';
import { onInterrupt, signal } from './interrupt.ts';
import type { OutputFlags } from './options.ts';
import { formatOf, print, STANDARD_OUTPUT } from './output/print.ts';
import type { Report } from './output/report.ts';
import { plural } from './report/reading.ts';
import { progressFor } from './run.ts';

/** `adapter BASE ADAPTER --merge -o FOLDER`: writes the checkpoint, says what was written. */
export async function runMerge(base: string, adapter: string, flags: OutputFlags): Promise<void> {
  const { output, ...printed } = flags;
  if (output === undefined || output === STANDARD_OUTPUT)
    throw new WeightscopeError(
      'USAGE',
      'Expected a folder for the merged checkpoint, got none; give `-o FOLDER` with --merge.',
    );
  formatOf(printed);
  const progress = progressFor(flags);
  const forget = onInterrupt(() => progress.stop());
  let found: MergeResult;
  try {
    const { mergeAdapter } = await import('../node.ts');
    const report = (done: number, what: string) => progress.report(done, what);
    found = await mergeAdapter(base, adapter, output, { signal, progress: report });
  } finally {
    progress.stop();
    forget();
  }
  await print(mergeReport(found), printed);
}

function mergeReport(found: MergeResult): Report {
  const { folder, base, adapter, tensors, changed, files, notes } = found;
  return {
    title: `${adapter} merged into ${base}`,
    applied: [`${changed} of ${plural(tensors, 'tensor')} changed`, `written to ${folder}, read back and equal`],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'file', shown: true, flexible: true },
              { name: 'bytes', shown: true, align: 'right' },
            ],
            rows: files.map(({ name, bytes }) => [name, bytes.toLocaleString('en-US')]),
          },
        ],
      },
    ],
    notes: [...notes],
    json: found,
    records: () => files,
  };
}
