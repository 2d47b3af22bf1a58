import type { z } from 'zod';
import { head } from '../../questions/heads.ts';
import { neuron } from '../../questions/neurons.ts';
import type { Given, Said, Shape } from '../../questions/parameters.ts';
import type { Question } from '../../questions/question.ts';
import { type AnyCommand, command } from '../definition.ts';
import { model, output, readingEngine } from '../options.ts';
import type { Report } from '../output/report.ts';

/** A question of a checkpoint as a command: it is asked by its own library call, and `report` says how that is printed. */
function ask<L extends Shape, Q extends Shape, C>(
  { place, parameters, call, command: facts }: Question<string, string, L, Q, z.ZodType, C>,
  report: () => Promise<(reading: C, asked: Given<Q>) => Report>,
): AnyCommand {
  const { second, ...flags } = parameters as Shape;
  return command({
    ...facts!,
    arguments: { ...place, ...model, ...(second && { second }) },
    flags: { ...flags, ...readingEngine, ...output() },
    run: async (asked) => {
      const { optionsOf, runReport, withSecond } = await import('../run.ts');
      const print = await report();
      await runReport(asked.model as string, asked, async (context) => {
        const question = asked as unknown as Given<L> & Given<Q>;
        const options = await optionsOf(asked as Said, context);
        return withSecond(asked.second as string | undefined, context, async (other) =>
          print(await call!(context.model, question, options, other), question),
        );
      });
    },
  });
}

/** Every question that has a command of its own, with the report that prints it. */
export const ASKED: readonly AnyCommand[] = [
  ask(neuron, async () => (await import('../report/neuron.ts')).neuronReport),
  ask(head, async () => (await import('../report/head.ts')).headReport),
];
