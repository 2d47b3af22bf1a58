import { printable } from '../quote.ts';
import { signal } from './interrupt.ts';
import { shellWord } from './output/shell.ts';
import { writeNow } from './output/standard.ts';
import { progressFor } from './run.ts';

interface SiteFlags {
  output: string;
  engine?: string;
  noNormalisers?: boolean;
  address?: string;
  quiet?: boolean;
}

/** Writes the files and says what to do with them. */
export async function site(names: readonly string[], flags: SiteFlags): Promise<void> {
  const progress = progressFor({ quiet: flags.quiet });
  const { openEngine } = await import('../node.ts');
  const { writeSite } = await import('../site/write.node.ts');
  const engine = flags.engine === undefined ? undefined : await openEngine(flags.engine);
  const report = (done: number, what: string) => progress.report(done, what);
  const hub = process.env.HF_ENDPOINT || undefined;
  const { noNormalisers, output, address } = flags;
  const written = await writeSite(names, output, {
    ...{ engine, noNormalisers, hub, address, signal },
    progress: report,
  }).finally(() => progress.stop());
  const { models, files, bytes } = written;
  const said = { here: '', elsewhere: ' (read from its own place)', atlas: ' (its atlas alone)' };
  const shown = models.map(({ name, at }) => name + said[at]).join(', ');
  // Names of folders and files are strangers' text.
  const lines = [
    `${output}: ${shown || 'the open page'}; ${files} files, ${(bytes / 1e6).toFixed(1)} MB`,
    '',
    'Copy the folder to any web host, or look at it here:',
    '',
    `  python3 -m http.server --directory ${shellWord(output)}`,
  ];
  await writeNow(lines.map((line) => `${printable(line)}\n`).join(''));
}
