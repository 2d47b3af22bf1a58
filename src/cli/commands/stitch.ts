import { stitch as question } from '../../questions/alignment.ts';
import { command } from '../definition.ts';
import { engine, model, output } from '../options.ts';

const { second, ...flags } = question.parameters;

export const stitch = command({
  name: 'stitch',
  summary: 'linear maps from one model’s space to another’s',
  description:
    'Makes the maps that lead from the residual stream of MODEL to that of OTHER by the tokens that both have, and says what\n' +
    'a vector keeps on the way. -o writes them as safetensors; readings take the file by --space.',
  arguments: { ...model, second },
  flags: {
    ...flags,
    ...engine,
    ...output('Write the maps to FILE.safetensors; the summary goes to standard output all the same'),
  },
  run: async (asked) => {
    const { checkTensorsName, runReport, toFile, withSecond, writeStitchingFile } = await import('../run.ts');
    const { checkWritable } = await import('../../source/whole-file.node.ts');
    const { stitchReport } = await import('../report/alignment.ts');
    const { output, ...printed } = asked;
    if (output !== undefined) checkTensorsName(output);
    if (toFile(asked)) await checkWritable(asked.output);
    await runReport(asked.model, printed, async (context) =>
      withSecond(asked.second, context, async (other) => {
        const { stitch } = await import('../../compare/stitch.ts');
        const { stitchingFacts } = await import('../../questions/alignment.ts');
        const { engine, signal, progress } = context;
        const { embedding, seed } = asked;
        const found = await stitch(context.model, other, { engine, signal, progress, embedding, seed });
        if (output !== undefined) await writeStitchingFile(output, found, asked.second, asked);
        return stitchReport(stitchingFacts(found));
      }),
    );
  },
});
