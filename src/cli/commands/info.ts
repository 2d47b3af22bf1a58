import type { Command } from 'commander';
import { addEngineOption, addOutputOptions, type EngineFlags, type OutputFlags } from '../options.ts';

export function addInfo(program: Command): void {
  const command = program
    .command('info')
    .summary('what a checkpoint is')
    .description('Says what a checkpoint is, from its headers alone: no weights are read.')
    .argument('<model>', '`sample`, a path, a URL or a hub id');
  addEngineOption(command);
  addOutputOptions(command);
  command.action(async (name: string, flags: OutputFlags & EngineFlags) => {
    const { runReport } = await import('../run.ts');
    const { infoReport } = await import('../report/info.ts');
    await runReport(name, flags, async ({ model, engine }) => {
      const { defaultEngine, knownNormaliser, normaliserNames } = await import('../../node.ts');
      const cached: string[] = [];
      for (const name of normaliserNames(model)) if (await knownNormaliser(model, name)) cached.push(name);
      return infoReport(model, engine ?? (await defaultEngine()), cached);
    });
  });
}
