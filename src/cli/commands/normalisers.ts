import { as, reading } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, engine, model, output } from '../options.ts';
import type { Context } from '../run.ts';

export const normalisers = command({
  name: 'normalisers',
  summary: 'the freq normalisers, shown or written to a file',
  description:
    'Computes the freq normalisers of a model, or finds them in the cache. Without -o it prints a summary; with -o it\n' +
    'writes ff.key, ff.value, attn.q … [V] as safetensors (fp32).',
  arguments: model,
  flags: {
    foldNorm: as(reading.foldNorm, { cli: {} }),
    embedding: as(reading.embedding, { cli: { value: 'which', usual: 'unembed' } }),
    approximate: as(reading.approximate, {
      sentence:
        'Let those that are not cached err a little (0.5 % at most, proved) where that is faster, and print the bound',
      cli: {},
    }),
    ...engine,
    ...changes,
    ...output('Write the normalisers to FILE.safetensors; the summary goes to standard output all the same'),
  },
  run: async (asked) => {
    const { checkTensorsName, runReport, toFile, withModel, writeTensors } = await import('../run.ts');
    const { checkWritable } = await import('../../source/whole-file.node.ts');
    const { normalisersReport } = await import('../report/normalisers.ts');
    const { output, ...printed } = asked;
    if (output !== undefined) checkTensorsName(output);
    if (toFile(asked)) await checkWritable(asked.output);
    const work = async ({ model, engine, signal, progress }: Context) => {
      const { normalisers } = await import('../../reading/normalisers.ts');
      const { foldNorm, embedding, approximate } = asked;
      const found = await normalisers(model, undefined, { engine, signal, progress, foldNorm, embedding, approximate });
      if (output !== undefined) {
        const tensors = [...found].map(([name, f]) => ({ name, shape: [f.length], data: Float32Array.from(f) }));
        await writeTensors(output, tensors, asked);
      }
      return normalisersReport(model, found, { foldNorm, embedding });
    };
    // Where the arrays go to standard output, the summary would stand among them.
    if (output !== undefined && !toFile(asked)) await withModel(asked.model, printed, work);
    else await runReport(asked.model, printed, work);
  },
});
