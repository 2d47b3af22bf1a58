import type { Command } from 'commander';
import type { NeuronPart } from '../../reading/types.ts';
import {
  addFilterOptions,
  addOutputOptions,
  addReadOptions,
  amount,
  type FilterFlags,
  listOption,
  type OutputFlags,
  type ReadFlags,
  wholeNumber,
} from '../options.ts';

interface Flags extends OutputFlags, ReadFlags, FilterFlags {
  part?: NeuronPart[];
  k: number;
  bottom: number;
  expert?: number;
}

export function addNeuron(program: Command): void {
  const command = program
    .command('neuron')
    .summary('a neuron: the words it answers to and the words it writes')
    .description(
      "Reads neuron INDEX of a layer's feed-forward part: the tokens its key (and up row, in gated MLPs) answers to most, " +
        'and the tokens its value writes.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .argument('<layer>', 'counted from 0', wholeNumber)
    .argument('<index>', 'of the neuron, counted from 0', wholeNumber)
    .addOption(
      listOption('--part <parts>', 'which, with commas between several (default: all)', ['key', 'up', 'value']),
    )
    .option('-k <n>', 'how many of the best tokens', amount, 50)
    .option('--bottom <n>', 'how many of the worst tokens', amount, 0)
    .option('--expert <n>', 'whose neuron, in a model with experts (default: 0)', wholeNumber);
  addReadOptions(command, 'freq');
  addFilterOptions(command);
  addOutputOptions(command);
  command.action(async (model: string, layer: number, index: number, flags: Flags) => {
    const { runReport, readOptions } = await import('../run.ts');
    const { neuronReport } = await import('../report/neuron.ts');
    await runReport(model, flags, async (context) => {
      const { readNeuron } = await import('../../node.ts');
      const { part: parts, k, bottom, expert } = flags;
      const options = { ...(await readOptions(flags, context)), parts, k, bottom, expert };
      return neuronReport(await readNeuron(context.model, layer, index, options));
    });
  });
}
