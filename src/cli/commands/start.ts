import type { Command } from 'commander';
import { addOutputOptions, type OutputFlags } from '../options.ts';

export function addStart(program: Command): void {
  const command = program
    .command('start')
    .alias('tour')
    .summary('a first look at the built-in model')
    .description(
      'Shows a neuron and two attention heads of the built-in model `sample` as words, and what to try next.',
    );
  addOutputOptions(command);
  command.action(async (flags: OutputFlags) => {
    const { runReport } = await import('../run.ts');
    const { tourReport } = await import('../report/tour.ts');
    await runReport('sample', flags, async (context) => {
      const { readHead, readNeuron } = await import('../../node.ts');
      return tourReport(context, readNeuron, readHead);
    });
  });
}
