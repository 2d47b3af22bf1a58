import { ATLAS_PARTS, type AtlasPart } from '../../atlas/schema.ts';
import { WeightscopeError } from '../../errors.ts';
import {
  as,
  choice,
  factsOf,
  flag,
  type Given,
  layers,
  listOf,
  READING,
  reading,
  whole,
  words,
} from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, engine, model, output } from '../options.ts';

/** What an atlas is made of, for `build` and `plan`. */
const contents = {
  top: whole('Tokens listed per vector and sign', { default: 100 }),
  pairs: whole('Pairs listed per head, matrix and sign', { default: 1000 }),
  columns: whole('Neurons and heads listed per token and sign', { default: 50 }),
  layers: layers('Only these layers, such as 0,2-3', { cli: { value: 'ranges' } }),
  what: listOf('With commas between several', ATLAS_PARTS, {
    cli: { value: 'parts', usual: 'all but statistics' },
  }),
  normalize: choice('How scores are made comparable', ['freq', 'none'], { default: 'freq', cli: { value: 'how' } }),
  foldNorm: as(reading.foldNorm, { cli: {} }),
  embedding: as(reading.embedding, { cli: { value: 'which', usual: 'unembed' } }),
};

/** What each length is of. */
const LENGTHS = {
  top: ['neurons', 'directions'],
  pairs: ['heads'],
  columns: ['neurons', 'heads'],
} as const satisfies Partial<Record<keyof typeof contents, readonly AtlasPart[]>>;

/** Throws `USAGE` where a length is asked for of what is not made. */
const contentsOf = (asked: Given<typeof contents>) => {
  const { top, pairs, columns, layers, what, normalize, foldNorm, embedding } = asked;
  for (const [name, of] of Object.entries(LENGTHS) as [keyof typeof LENGTHS, readonly AtlasPart[]][]) {
    if (asked[name] === factsOf(contents[name]).default || !what || of.some((part) => what.includes(part))) continue;
    throw new WeightscopeError(
      'USAGE',
      `Expected ${of.join(' or ')} in --what beside --${name}, which is of nothing else, got ${what.join(',')}.`,
    );
  }
  return { top, pairs, columns, layers, what, normalize, foldNorm, embedding };
};

/** What the model is made of; `--base` is how a tuned model's atlas is asked for. */
const made = {
  ...changes,
  base: words('The same as --minus', { cli: { value: 'base', group: READING, conflicts: ['minus'] } }),
};

/** The flags that open the model. */
const madeOf = ({ adapter, minus, base }: Given<typeof made>) => ({ adapter, minus: minus ?? base });

const target = {
  ...made,
  output: words('Where the atlas goes: a folder, or s3://bucket/prefix', {
    required: true,
    cli: { short: 'o', value: 'place' },
  }),
  resume: flag('Go on with a build that was interrupted'),
  queue: words('Let the workers of this Redis compute (`weightscope worker`; docs/scale.md)', {
    cli: { value: 'url', conflicts: ['engine'] },
  }),
  patience: whole('How long that Redis may be away', { default: 600, cli: { value: 'seconds', needs: 'queue' } }),
  quiet: flag('No progress and no notes on standard error'),
  ...contents,
  ...engine,
};

const INTERRUPTED = (output: string): string =>
  `Interrupted; what is done stays in ${output}: the same command with --resume goes on.`;

type Target = Given<typeof target> & Given<typeof model>;

export const build = command({
  name: 'build',
  summary: 'read a whole model into a folder',
  arguments: model,
  flags: target,
  run: async (asked) => {
    if (asked.queue !== undefined) return buildQueued({ ...asked, queue: asked.queue });
    const { withModel, remark } = await import('../run.ts');
    const { atlasMade } = await import('../report/atlas-made.ts');
    const { buildAtlas, removeUnfinished } = await import('../../atlas/atlas.node.ts');
    const { onInterrupt } = await import('../interrupt.ts');
    const { output, resume, quiet } = asked;
    const forget = onInterrupt(() => {
      removeUnfinished(output);
      remark(INTERRUPTED(output), { quiet });
    });
    const flags = { engine: asked.engine, quiet, ...madeOf(asked) };
    let made = '';
    await withModel(asked.model, flags, async ({ model, engine, signal, progress }) => {
      const options = { ...contentsOf(asked), engine, resume, signal, progress };
      made = atlasMade(output, await buildAtlas(model, output, options));
    }).finally(forget);
    remark(made, { quiet });
  },
});

async function buildQueued(asked: Target & { queue: string }): Promise<void> {
  const { withModel, remark } = await import('../run.ts');
  const { atlasMade } = await import('../report/atlas-made.ts');
  const { buildQueuedAtlas, locationOf } = await import('../../node.ts');
  const { endGently, signal } = await import('../interrupt.ts');
  const { model: name, output, queue, patience, resume, quiet } = asked;
  const { adapter, minus } = madeOf(asked);
  if (adapter !== undefined || minus !== undefined) {
    throw new WeightscopeError(
      'USAGE',
      'Expected a checkpoint that workers can open by its name for --queue, got --adapter or --minus; build without --queue.',
    );
  }
  endGently();
  let made = '';
  await withModel(name, { quiet, ranges: true }, async ({ model, progress }) => {
    const target = { queue, patience, resume, signal, location: await locationOf(name) };
    const options = { ...contentsOf(asked), ...target, progress };
    made = atlasMade(output, await buildQueuedAtlas(model, output, options));
  }).catch((error) => {
    if (signal.aborted) remark(INTERRUPTED(output), { quiet });
    throw error;
  });
  remark(made, { quiet });
}

export const plan = command({
  name: 'plan',
  summary: 'what a build will take, from headers alone',
  arguments: model,
  flags: {
    measure: flag('By how fast this machine is, measured in a few seconds'),
    ...contents,
    engine: as(engine.engine, { cli: { ...factsOf(engine.engine).cli, needs: 'measure' } }),
    ...made,
    ...output(),
  },
  run: async (asked) => {
    const { runReport } = await import('../run.ts');
    const { planReport } = await import('../report/atlas.ts');
    const { atlasPlan } = await import('../../atlas/scale.ts');
    const { measuredRates } = await import('../../atlas/measure.ts');
    await runReport(asked.model, { ...asked, ...madeOf(asked), ranges: true }, async ({ model, engine, signal }) => {
      const options = contentsOf(asked);
      const measured = asked.measure ? await measuredRates(model, options, { engine, signal }) : undefined;
      return planReport(model.name, atlasPlan(model, options, { rates: measured?.rates }), measured);
    });
  },
});
