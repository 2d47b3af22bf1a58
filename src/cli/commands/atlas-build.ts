import { type Command, Option } from 'commander';
import type { BuildOptions } from '../../atlas/build.ts';
import type { AtlasPart } from '../../atlas/schema.ts';
import type { EmbeddingChoice } from '../../reading/embedding.ts';
import {
  addEmbeddingOption,
  addEngineOption,
  addOutputOptions,
  amount,
  type EngineFlags,
  listOption,
  type OutputFlags,
  ranges,
} from '../options.ts';

interface BuildFlags extends EngineFlags {
  top: number;
  pairs: number;
  columns: number;
  layers?: number[];
  what?: AtlasPart[];
  normalize: 'freq' | 'none';
  foldNorm?: boolean;
  embedding?: EmbeddingChoice;
}

interface TargetFlags {
  output: string;
  queue?: string;
  patience: number;
  resume?: boolean;
  quiet?: boolean;
}

const MODEL = '`sample`, a path, a URL or a hub id';

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
    .option('--fold-norm', "multiply the layer's norm gain into what reads the residual stream");
  addEmbeddingOption(command);
}

function buildOptions({ top, pairs, columns, layers, what, normalize, foldNorm, embedding }: BuildFlags): BuildOptions {
  return { top, pairs, columns, layers, what, normalize, foldNorm, embedding };
}

export function addBuild(atlas: Command): void {
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

export function addPlan(atlas: Command): void {
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
