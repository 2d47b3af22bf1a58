import { command } from '../definition.ts';
import { output } from '../options.ts';

export const start = command({
  name: 'start',
  alias: 'tour',
  summary: 'a first look at the built-in model',
  description: 'Shows a neuron and two attention heads of the built-in model `sample` as words, and what to try next.',
  arguments: {},
  flags: output(),
  run: async (asked) => {
    const { runReport } = await import('../run.ts');
    const { tourReport } = await import('../report/tour.ts');
    await runReport('sample', asked, async (context) => {
      const { readHead } = await import('../../reading/heads.ts');
      const { readNeuron } = await import('../../reading/neurons.ts');
      return tourReport(context, readNeuron, readHead);
    });
  },
});
