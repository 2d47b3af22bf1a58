import { command } from '../definition.ts';
import { changes, engine, model, output } from '../options.ts';

export const info = command({
  name: 'info',
  summary: 'what a checkpoint is',
  description: 'Says what a checkpoint is, from its headers alone: no weights are read.',
  arguments: model,
  flags: { ...engine, ...changes, ...output() },
  run: async (asked) => {
    const { runReport } = await import('../run.ts');
    const { infoReport } = await import('../report/info.ts');
    await runReport(asked.model, asked, async ({ model, engine }) => {
      const { defaultEngine } = await import('../../engine/select.ts');
      const { knownNormaliser, normaliserNames } = await import('../../reading/normalisers.ts');
      const cached: string[] = [];
      for (const name of normaliserNames(model)) if (await knownNormaliser(model, name)) cached.push(name);
      return infoReport(model, engine ?? (await defaultEngine()), cached);
    });
  },
});
