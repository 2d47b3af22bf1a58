import type { Command } from 'commander';
import type { EmbeddingChoice } from '../../reading/embedding.ts';
import {
  addEmbeddingOption,
  addEngineOption,
  addOutputOptions,
  type EngineFlags,
  type OutputFlags,
} from '../options.ts';
import type { Context } from '../run.ts';

interface Flags extends OutputFlags, EngineFlags {
  foldNorm?: boolean;
  approximate?: boolean;
  embedding?: EmbeddingChoice;
}

export function addNormalisers(program: Command): void {
  const command = program
    .command('normalisers')
    .summary('the freq normalisers, shown or written to a file')
    .description(
      'Computes the freq normalisers of a model, or finds them in the cache. Without -o it prints a summary; with -o it\n' +
        'writes ff.key, ff.value, attn.q … [V] as safetensors (fp32).',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .option('--fold-norm', "multiply the layers' norm gains into what reads the residual stream");
  addEmbeddingOption(command);
  command.option(
    '--approximate',
    'let those that are not cached err a little (0.5 % at most, proved) where that is faster, and print the bound',
  );
  addEngineOption(command);
  addOutputOptions(
    command,
    'write the normalisers to FILE.safetensors; the summary goes to standard output all the same',
  );
  command.action(async (name: string, flags: Flags) => {
    const { checkTensorsName, runReport, toFile, withModel, writeTensors } = await import('../run.ts');
    const { checkWritable } = await import('../../source/whole-file.node.ts');
    const { normalisersReport } = await import('../report/normalisers.ts');
    const { output, ...printed } = flags;
    if (output !== undefined) checkTensorsName(output);
    if (toFile(flags)) await checkWritable(flags.output);
    const work = async ({ model, engine, signal, progress }: Context) => {
      const { normalisers } = await import('../../node.ts');
      const { foldNorm, embedding, approximate } = flags;
      const found = await normalisers(model, undefined, { engine, signal, progress, foldNorm, embedding, approximate });
      if (output !== undefined) {
        const tensors = [...found].map(([name, f]) => ({ name, shape: [f.length], data: Float32Array.from(f) }));
        await writeTensors(output, tensors, flags);
      }
      return normalisersReport(model, found, { foldNorm, embedding });
    };
    // Where the arrays go to standard output, the summary would stand among them.
    if (output !== undefined && !toFile(flags)) await withModel(name, printed, work);
    else await runReport(name, printed, work);
  });
}
