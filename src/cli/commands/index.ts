import type { AnyCommand } from '../definition.ts';
import { adapter } from './adapter.ts';
import { build, plan } from './atlas-build.ts';
import { atlasSpectrum } from './atlas-heads.ts';
import { atlasSearch, atlasSimilar } from './atlas-neurons.ts';
import { diff as atlasDiff, atlasSql, check, exportTable } from './atlas-tables.ts';
import { cite } from './cite.ts';
import { completion } from './completion.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { explore } from './explore.ts';
import { info } from './info.ts';
import { mcp } from './mcp.ts';
import { normalisers } from './normalisers.ts';
import { notebook } from './notebook.ts';
import { parameters } from './parameters.ts';
import { ASKED, ASKED_OF_ATLAS, ASKED_OF_TWO, ASKED_STATISTICS, askCompositions } from './questions.ts';
import { site } from './site.ts';
import { start } from './start.ts';
import { stitch } from './stitch.ts';
import { readAnyVector } from './vector.ts';
import { worker } from './worker.ts';

/** A command of commands. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly commands: readonly AnyCommand[];
}

/** `atlas VERB`. */
const atlas: CommandGroup = {
  name: 'atlas',
  summary: 'all readings of a model in a folder, searched by word',
  description: 'Builds the atlas of a model, a folder of Parquet files, and answers questions about it.',
  commands: [
    build,
    plan,
    atlasSearch,
    ...ASKED_OF_ATLAS,
    atlasSpectrum,
    askCompositions,
    atlasSimilar,
    atlasSql,
    exportTable,
    atlasDiff,
    check,
  ],
};

/** All commands in the order of help. */
export const COMMANDS: readonly (AnyCommand | CommandGroup)[] = [
  info,
  ...ASKED,
  readAnyVector,
  notebook,
  normalisers,
  parameters,
  ...ASKED_STATISTICS,
  adapter,
  diff,
  doctor,
  ...ASKED_OF_TWO,
  stitch,
  atlas,
  explore,
  site,
  mcp,
  worker,
  start,
  explain,
  cite,
  completion,
];
