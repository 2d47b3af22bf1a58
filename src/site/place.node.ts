import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openCheckpoint } from '../model/open.ts';
import { SAMPLE } from '../model/sample.node.ts';
import { splitStack } from '../model/stacks.ts';
import { fileFolder } from '../source/file.node.ts';
import type { SourceFolder } from '../source/source.ts';

/** Where a model of a site is: files of this machine, with the names of those that opening it reads; or on the web. */
export type FoundPlace =
  | { folder: SourceFolder; names: string[]; file?: string; stack?: string }
  | { url: string }
  | { hub: string };

/** The place of a model that `openModel` opens. */
export async function placeOf(name: string): Promise<FoundPlace> {
  if (/^https?:\/\//.test(name)) return { url: name };
  const local = await localOf(name);
  if (!local) return { hub: name };
  const { file, stack } = local;
  const names = new Set<string>();
  const here = await fileFolder(local.path);
  const recording: SourceFolder = {
    ...here,
    async open(wanted) {
      const source = await here.open(wanted);
      if (source) names.add(wanted);
      return source;
    },
  };
  const model = await openCheckpoint(recording, { name, file, stack });
  await model.close();
  return { folder: here, names: [...names].sort(), file, stack };
}

async function localOf(
  name: string,
): Promise<{ path: string; file?: string; stack?: ReturnType<typeof splitStack>['stack'] } | undefined> {
  if (name === 'sample') return { path: dirname(SAMPLE), file: basename(SAMPLE) };
  const found = await stat(name).catch(() => undefined);
  if (found) return found.isDirectory() ? { path: name } : { path: dirname(name), file: basename(name) };
  const { location, stack } = splitStack(name);
  if (stack === undefined) return undefined;
  const below = await localOf(location);
  return below && { ...below, stack };
}
