import type { z } from 'zod';
import { align, kinship } from '../../questions/alignment.ts';
import { headRows, neuronRows } from '../../questions/atlas.ts';
import { head } from '../../questions/heads.ts';
import { neuron } from '../../questions/neurons.ts';
import { factsOf, type Given, type Said, type Shape } from '../../questions/parameters.ts';
import type { Question } from '../../questions/question.ts';
import { compositions, relationRows, relations } from '../../questions/relations.ts';
import { statisticRows } from '../../questions/statistics.ts';
import { type AnyCommand, command } from '../definition.ts';
import { changes, engine, folder, model, type OutputFlags, output, readingEngine } from '../options.ts';
import type { Report } from '../output/report.ts';
import type { Context } from '../run.ts';

/**
 * A question of a checkpoint as a command: it is asked by its own library call, and `report` says how that is printed.
 */
function ask<L extends Shape, Q extends Shape, C>(
  { place, parameters, call, command: facts }: Question<string, string, L, Q, z.ZodType, C>,
  report: () => Promise<(reading: C, asked: Given<Q>) => Report>,
  { draws }: { draws?: boolean } = {},
): AnyCommand {
  const [positional, flags] = [true, false].map((behind) =>
    Object.fromEntries(
      Object.entries(parameters as Shape).filter(([, schema]) => (factsOf(schema).cli?.argument ?? false) === behind),
    ),
  );
  return command({
    ...facts!,
    arguments: { ...place, ...model, ...positional },
    flags: { ...flags, ...('second' in positional ? engine : readingEngine), ...changes, ...output() },
    run: async (given) => {
      const { optionsOf, runReport, withFiles, withSecond } = await import('../run.ts');
      const print = await report();
      const asked = await withFiles(given, parameters);
      const work = async (context: Context) => {
        const question = asked as unknown as Given<L> & Given<Q>;
        const options = await optionsOf(asked as Said, context);
        return withSecond(asked.second as string | undefined, context, async (other) =>
          print(await call!(context.model, question, options, other), question),
        );
      };
      const mayPreview = 'preview' in parameters && !asked.preview;
      await runReport(asked.model as string, { ...asked, mayPreview }, work, { draws });
    },
  });
}

/** A question of an atlas as a command: the folder stands where the model does. */
function askAtlas<L extends Shape, Q extends Shape, R extends z.ZodType>(
  { parameters, sources, atlasCommand }: Question<string, string, L, Q, R>,
  report: () => Promise<(found: z.output<R>, folder: string) => Report>,
): AnyCommand {
  return command({
    ...atlasCommand!,
    arguments: folder,
    flags: { ...parameters, ...output() },
    run: async ({ folder, ...asked }) => {
      const { withAtlas } = await import('../atlas.ts');
      const print = await report();
      const question = asked as unknown as Given<L> & Given<Q>;
      await withAtlas(folder, asked as OutputFlags, async (atlas) =>
        print((await sources.atlas!(atlas, question, undefined as never))!, folder),
      );
    },
  });
}

/** Every question that has a command of its own, with the report that prints it. */
export const ASKED: readonly AnyCommand[] = [
  ask(neuron, async () => (await import('../report/neuron.ts')).neuronReport),
  ask(head, async () => (await import('../report/head.ts')).headReport),
];

/** Statistics, and what follows from them. */
export const ASKED_STATISTICS: readonly AnyCommand[] = [
  ask(statisticRows, async () => (await import('../report/statistics.ts')).statisticsReport),
  ask(relations, async () => (await import('../report/relations.ts')).relationsReport),
];

const atlasReports = () => import('../report/atlas.ts');

/** The same of an atlas. */
export const ASKED_OF_ATLAS: readonly AnyCommand[] = [
  askAtlas(neuronRows, async () => (await atlasReports()).neuronsReport),
  askAtlas(headRows, async () => (await atlasReports()).headsReport),
  askAtlas(relationRows, async () => (await atlasReports()).relationRowsReport),
];

export const askCompositions = askAtlas(compositions, async () => (await atlasReports()).compositionsReport);

/** Those of two models. */
export const ASKED_OF_TWO: readonly AnyCommand[] = [
  ask(align, async () => (await import('../report/alignment.ts')).alignReport, { draws: true }),
  ask(kinship, async () => (await import('../report/alignment.ts')).kinshipReport),
];
