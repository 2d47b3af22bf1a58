import type { Command } from 'commander';
import { addOutputOptions, type OutputFlags, ranges } from '../options.ts';

interface Flags extends OutputFlags {
  layers?: number[];
}

export function addParameters(program: Command): void {
  const command = program
    .command('parameters')
    .summary('all parameters, listed or written to a file')
    .description(
      'Lists every parameter under its uniform name, with its shape and the tensors it is made of. With -o it writes the\n' +
        'arrays as safetensors (fp32), streaming.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .option('--layers <which>', 'only these layers, such as 0,2-3 (and what belongs to none)', ranges);
  addOutputOptions(command, 'write the arrays to FILE.safetensors instead of printing the table');
  command.action(async (name: string, flags: Flags) => {
    const { checkTensorsName, runReport, withModel, writeTensors } = await import('../run.ts');
    const { chosenParameters, parametersReport, arraysOf } = await import('../report/parameters.ts');
    const { output, layers } = flags;
    if (output === undefined) {
      await runReport(name, flags, async ({ model }) => parametersReport(model, chosenParameters(model, layers)));
      return;
    }
    checkTensorsName(output);
    await withModel(name, flags, async ({ model, signal, progress }) => {
      await writeTensors(output, arraysOf(chosenParameters(model, layers), signal, progress), flags);
    });
  });
}
