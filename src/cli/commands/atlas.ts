import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BuildOptions } from '../../atlas/build.ts';
import type { Atlas } from '../../atlas/query/atlas.node.ts';
import type { ExportFormat } from '../../atlas/query/export.node.ts';
import type { SearchPart } from '../../atlas/query/search.ts';
import type { AtlasPart, TableName } from '../../atlas/schema.ts';
import type { NeuronPart } from '../../reading/types.ts';
import {
  addEngineOption,
  addOutputOptions,
  amount,
  type EngineFlags,
  listOption,
  type OutputFlags,
  ranges,
  wholeNumber,
} from '../options.ts';

interface BuildFlags extends EngineFlags {
  top: number;
  pairs: number;
  columns: number;
  layers?: number[];
  what?: AtlasPart[];
  normalize: 'freq' | 'none';
  foldNorm?: boolean;
  embedding: 'unembed' | 'embed';
}

interface TargetFlags {
  output: string;
  queue?: string;
  patience: number;
  resume?: boolean;
  quiet?: boolean;
}

interface Listing extends OutputFlags {
  k: number;
  layer?: number;
  ascending?: boolean;
}

const MODEL = '`sample`, a path, a URL or a hub id';
const FOLDER = 'a folder made by `atlas build`';
const NEURON_PARTS = ['key', 'up', 'value'];

/** `atlas VERB`: each verb parses, makes one library call and prints. */
export function addAtlas(program: Command): void {
  const atlas = program
    .command('atlas')
    .summary('all readings of a model in a folder, searched by word')
    .description('Builds the atlas of a model, a folder of Parquet files, and answers questions about it.');
  for (const add of [
    addBuild,
    addPlan,
    addSearch,
    addNeurons,
    addHeads,
    addAtlasRelations,
    addSpectrum,
    addCompositions,
    addSimilar,
    addSql,
    addExport,
    addDiff,
    addCheck,
  ])
    add(atlas);
}

function addBuildOptions(command: Command): void {
  command
    .option('--top <n>', 'tokens listed per vector and sign', amount, 100)
    .option('--pairs <n>', 'pairs listed per head, matrix and sign', amount, 1000)
    .option('--columns <n>', 'neurons and heads listed per token and sign', amount, 50)
    .option('--layers <ranges>', 'only these layers, such as 0,2-3', ranges)
    .addOption(
      listOption('--what <parts>', 'with commas between several (default: all but statistics)', [
        'neurons',
        'heads',
        'directions',
        'statistics',
      ]),
    )
    .addOption(
      new Option('--normalize <how>', 'how scores are made comparable').choices(['freq', 'none']).default('freq'),
    )
    .option('--fold-norm', "multiply the layer's norm gain into what reads the residual stream")
    .addOption(
      new Option('--embedding <which>', 'the matrix that vectors are read with')
        .choices(['unembed', 'embed'])
        .default('unembed'),
    );
}

function buildOptions({ top, pairs, columns, layers, what, normalize, foldNorm, embedding }: BuildFlags): BuildOptions {
  return { top, pairs, columns, layers, what, normalize, foldNorm, embedding };
}

function addBuild(atlas: Command): void {
  const command = atlas
    .command('build')
    .summary('read a whole model into a folder')
    .argument('<model>', MODEL)
    .requiredOption('-o, --output <place>', 'where the atlas goes: a folder, or s3://bucket/prefix')
    .option('--resume', 'go on with a build that was interrupted')
    .option('--queue <url>', 'let the workers of this Redis compute (`weightscope worker`; docs/scale.md)')
    .option('--patience <seconds>', 'how long that Redis may be away', amount, 600)
    .option('--quiet', 'no progress and no notes on standard error');
  addBuildOptions(command);
  addEngineOption(command);
  command.action(async (name: string, flags: BuildFlags & TargetFlags) => {
    if (flags.queue !== undefined) return buildQueued(name, { ...flags, queue: flags.queue });
    const { withModel, note } = await import('../run.ts');
    const { buildAtlas, removeUnfinished } = await import('../../atlas/atlas.node.ts');
    const { onInterrupt } = await import('../interrupt.ts');
    const { timed } = await import('../report/atlas.ts');
    const { output, resume, quiet } = flags;
    const forget = onInterrupt(() => removeUnfinished(output));
    await withModel(name, { engine: flags.engine, quiet }, async ({ model, engine, signal, progress }) => {
      await buildAtlas(model, output, { ...buildOptions(flags), engine, resume, signal, progress: timed(progress) });
    }).finally(forget);
    note(`The atlas is in ${output}; ask it: weightscope atlas search ${output} "king".`, { quiet });
  });
}

async function buildQueued(name: string, flags: BuildFlags & TargetFlags & { queue: string }): Promise<void> {
  const { withModel, note } = await import('../run.ts');
  const { buildQueuedAtlas, locationOf } = await import('../../node.ts');
  const { endGently } = await import('../interrupt.ts');
  const { lined, timed } = await import('../report/atlas.ts');
  const { output, queue, patience, resume, quiet } = flags;
  endGently();
  await withModel(name, { quiet, ranges: true }, async ({ model, signal, progress }) => {
    const target = { queue, patience, resume, signal, location: await locationOf(name) };
    const report = process.stderr.isTTY || quiet ? progress : lined(process.stderr);
    await buildQueuedAtlas(model, output, { ...buildOptions(flags), ...target, progress: timed(report) });
  });
  note(`The atlas is in ${output}; ask it: weightscope atlas search ${output} "king".`, { quiet });
}

function addPlan(atlas: Command): void {
  const command = atlas
    .command('plan')
    .summary('what a build will take, from headers alone')
    .argument('<model>', MODEL);
  command.option('--measure', 'by how fast this machine is, measured in a few seconds');
  addBuildOptions(command);
  addEngineOption(command);
  addOutputOptions(command);
  command.action(async (name: string, flags: BuildFlags & OutputFlags & { measure?: boolean }) => {
    const { runReport } = await import('../run.ts');
    const { planReport } = await import('../report/atlas.ts');
    const { atlasPlan } = await import('../../atlas/scale.ts');
    const { measuredRates } = await import('../../atlas/measure.ts');
    await runReport(name, { ...flags, ranges: true }, async ({ model, engine, signal }) => {
      const options = buildOptions(flags);
      const measured = flags.measure ? await measuredRates(model, options, { engine, signal }) : undefined;
      return planReport(model.name, atlasPlan(model, options, { rates: measured?.rates }), measured);
    });
  });
}

function addListing(command: Command): void {
  command
    .option('--layer <n>', 'of one layer', wholeNumber)
    .option('--ascending', 'smallest first')
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
}

function addSearch(atlas: Command): void {
  const command = atlas
    .command('search')
    .summary('neurons and heads for words')
    .description(
      'Finds the neurons and heads that are among the best of a word: king (any case, with or without a space before it),\n' +
        '\'" king"\' (exactly this text), king* (a beginning), /ing$/ (a regular expression), king queen (both), king OR queen.',
    )
    .argument('<folder>', FOLDER)
    .argument('<text...>', 'words')
    .addOption(listOption('--part <parts>', 'only these, with commas between several', [...NEURON_PARTS, 'vo', 'qk']))
    .addOption(new Option('--sign <sign>', 'only largest (+) or smallest (-) scores').choices(['+', '-']))
    .option('-k <n>', 'how many of each kind', amount, 20);
  addOutputOptions(command);
  command.action(
    async (
      folder: string,
      text: string[],
      flags: OutputFlags & { part?: SearchPart[]; sign?: '+' | '-'; k: number },
    ) => {
      const { searchReport, withAtlas } = await import('../report/atlas.ts');
      const { part: parts, sign, k } = flags;
      const query = text.join(' ');
      await withAtlas(folder, flags, async (open) => searchReport(query, await open.search(query, { parts, sign, k })));
    },
  );
}

function addNeurons(atlas: Command): void {
  const command = atlas
    .command('neurons')
    .summary('neurons in order of a number')
    .argument('<folder>', FOLDER)
    .addOption(
      new Option(
        '--sort <column>',
        'norm, reading_norm (of the listed scores), best, worst (token score), or a column of neuron_stats',
      ).default('norm'),
    )
    .addOption(new Option('--part <part>', 'only this').choices(NEURON_PARTS));
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; part?: NeuronPart }) => {
    const { neuronsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => neuronsReport(folder, flags.sort, await open.neurons(flags)));
  });
}

function addHeads(atlas: Command): void {
  const command = atlas
    .command('heads')
    .summary('heads in order of a number')
    .argument('<folder>', FOLDER)
    .addOption(
      new Option('--sort <column>', 'best (pair), worst, or a column of head_stats such as copying_z').default('best'),
    )
    .addOption(new Option('--matrix <matrix>', 'only this').choices(['vo', 'qk']));
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; matrix?: 'vo' | 'qk' }) => {
    const { headsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => headsReport(folder, flags.sort, await open.heads(flags)));
  });
}

function addAtlasRelations(atlas: Command): void {
  const command = atlas
    .command('relations')
    .summary('heads by how strongly they implement a relation between words')
    .argument('<folder>', FOLDER)
    .option('--relation <name>', 'only this, such as capitals')
    .option('--sort <column>', 'promoted, suppressed, or either with _z or _shuffled_z', 'promoted');
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; relation?: string }) => {
    const { relationsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => relationsReport(folder, flags.sort, await open.relations(flags)));
  });
}

function addSpectrum(atlas: Command): void {
  const command = atlas
    .command('spectrum')
    .summary('a head’s singular directions as tokens')
    .argument('<folder>', FOLDER)
    .argument('<head>', 'LAYER:HEAD', place)
    .addOption(new Option('--matrix <matrix>', 'which').choices(['vo', 'qk']).default('vo'));
  addOutputOptions(command);
  command.action(
    async (folder: string, [layer, head]: [number, number], flags: OutputFlags & { matrix: 'vo' | 'qk' }) => {
      const { spectrumReport, withAtlas } = await import('../report/atlas.ts');
      await withAtlas(folder, flags, async (open) =>
        spectrumReport(`${layer}:${head}`, await open.spectrum(layer, head, flags.matrix)),
      );
    },
  );
}

function addCompositions(atlas: Command): void {
  const command = atlas
    .command('compositions')
    .summary('pairs of heads by how much of what one writes the other reads')
    .argument('<folder>', FOLDER)
    .option('--from <head>', 'only what this head writes, LAYER:HEAD', place)
    .option('--to <head>', 'only what this head reads', place)
    .addOption(new Option('--kind <kind>', 'only as query, key or value').choices(['q', 'k', 'v']))
    .addOption(new Option('--sort <column>', 'in order of').choices(['score', 'z']).default('score'))
    .option('--ascending', 'smallest first')
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
  command.action(async (folder: string, flags: OutputFlags & Parameters<Atlas['compositions']>[0]) => {
    const { compositionsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => compositionsReport(folder, await open.compositions(flags)));
  });
}

function addSimilar(atlas: Command): void {
  const command = atlas
    .command('similar')
    .summary('neurons whose lists of tokens are nearest')
    .argument('<folder>', FOLDER)
    .argument('<neuron>', 'LAYER:INDEX', place)
    .addOption(new Option('--part <part>', 'whose lists').choices(NEURON_PARTS).default('value'))
    .option('--expert <n>', 'whose neuron, in a model with experts', amount, 0)
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
  command.action(
    async (
      folder: string,
      [layer, neuron]: [number, number],
      flags: Listing & { part: NeuronPart; expert: number },
    ) => {
      const { similarReport, withAtlas } = await import('../report/atlas.ts');
      await withAtlas(folder, flags, async (open) =>
        similarReport(`${layer}:${neuron}`, await open.similar(layer, neuron, flags)),
      );
    },
  );
}

function addSql(atlas: Command): void {
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

function addExport(atlas: Command): void {
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

function addDiff(atlas: Command): void {
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

function addCheck(atlas: Command): void {
  atlas
    .command('check')
    .summary('compare every file with what was written')
    .argument('<folder>', FOLDER)
    .action(async (folder: string) => {
      const { openAtlas } = await import('../../atlas/query/atlas.node.ts');
      const open = await openAtlas(folder);
      try {
        await open.check();
        process.stdout.write(`${folder}: ${open.manifest.files.length} files are as they were written.\n`);
      } finally {
        open.close();
      }
    });
}

function place(text: string): [number, number] {
  const match = /^(\d+):(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected LAYER:INDEX, for example 3:100.');
  return [Number(match[1]), Number(match[2])];
}
