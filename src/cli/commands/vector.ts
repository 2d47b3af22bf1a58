import type { Command } from 'commander';
import {
  addFilterOptions,
  addOutputOptions,
  addReadOptions,
  amount,
  type FilterFlags,
  type OutputFlags,
  type ReadFlags,
} from '../options.ts';

interface Flags extends OutputFlags, ReadFlags, FilterFlags {
  k: number;
  bottom: number;
  tensor?: string;
}

export function addVector(program: Command): void {
  const command = program
    .command('vector')
    .summary('any vector as words, arithmetic included')
    .description(
      'Reads any vector of the residual stream as words. EXPRESSION is arithmetic (+ - * and parentheses) on\n' +
        '  ff:L:N.key|up|value    a neuron            tok:" king"    a token (tok:#123 by id)\n' +
        "  head:L:H.q[i]|k|v|o    a head's dimension   pos:I          a position embedding\n" +
        '  layer.3.norm.attn      any parameter       tensor:NAME[row]\n' +
        'FILE is .npy, .safetensors or a JSON array; - reads one from standard input.',
    )
    .argument('<model>', '`sample`, a path, a URL or a hub id')
    .argument('<expression|file>', 'what to read')
    .option('-k <n>', 'how many of the best tokens', amount, 50)
    .option('--bottom <n>', 'how many of the worst tokens', amount, 0)
    .option('--tensor <name>', 'which tensor of a .safetensors file with several');
  addReadOptions(command, 'none');
  addFilterOptions(command);
  addOutputOptions(command);
  command.action(async (model: string, vector: string, flags: Flags) => {
    const { runReport, readOptions } = await import('../run.ts');
    const { vectorReport } = await import('../report/neuron.ts');
    const { givenVector } = await import('../vector.ts');
    await runReport(model, flags, async (context) => {
      const { readVector } = await import('../../node.ts');
      const { k, bottom, tensor } = flags;
      const given = await givenVector(vector, { tensor, width: context.model.dimensions.hidden });
      return vectorReport(
        await readVector(context.model, given, { ...(await readOptions(flags, context)), k, bottom }),
      );
    });
  });
}
