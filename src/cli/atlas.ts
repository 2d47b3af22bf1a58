import type { Atlas } from '../atlas/query/atlas.ts';
import { checkWritable } from '../source/whole-file.node.ts';
import type { OutputFlags } from './options.ts';
import { formatOf, print } from './output/print.ts';
import type { Report } from './output/report.ts';
import { toFile } from './run.ts';

/** What a command takes that asks of neurons: an atlas that is being built, once its neurons have been read. */
interface OpeningOptions {
  unfinished?: boolean;
}

/** Opens an atlas for as long as `work` takes. */
export async function openedAtlas(
  folder: string,
  flags: OutputFlags,
  work: (atlas: Atlas) => Promise<void>,
  { unfinished }: OpeningOptions = {},
): Promise<void> {
  const { openAtlas } = await import('../atlas/query/open.node.ts');
  formatOf(flags); // A contradiction in the flags is found before the work is done.
  if (toFile(flags)) await checkWritable(flags.output);
  const atlas = await openAtlas(folder, { unfinished });
  try {
    await work(atlas);
  } finally {
    atlas.close();
  }
}

/** Opens an atlas, asks it and prints the answer. */
export const withAtlas = (
  folder: string,
  flags: OutputFlags,
  ask: (atlas: Atlas) => Promise<Report>,
  options: OpeningOptions = {},
): Promise<void> => openedAtlas(folder, flags, async (atlas) => print(await ask(atlas), flags), options);
