import { words } from '../../questions/parameters.ts';
import { vector } from '../../questions/vectors.ts';
import { command } from '../definition.ts';
import { changes, model, output, readingEngine } from '../options.ts';

const { expression: _, ...parameters } = vector.parameters;

export const readAnyVector = command({
  name: 'vector',
  summary: 'any vector as words, arithmetic included',
  description:
    'Reads any vector of the residual stream as words. EXPRESSION is arithmetic (+ - * and parentheses) on\n' +
    '  ff:L:N.key|up|value    a neuron            tok:" king"    a token (tok:#123 by id)\n' +
    "  head:L:H.q[i]|k|v|o    a head's dimension   pos:I          a position embedding\n" +
    '  layer.3.norm.attn      any parameter       tensor:NAME[row]\n' +
    'FILE is .npy, .safetensors or a JSON array; - reads one from standard input.',
  arguments: { ...model, vector: words('What to read', { required: true, cli: { value: 'expression|file' } }) },
  flags: {
    ...parameters,
    tensor: words('Which tensor of a .safetensors file with several', { cli: { value: 'name' } }),
    ...readingEngine,
    ...changes,
    ...output(),
  },
  run: async (asked) => {
    const { runReport, optionsOf } = await import('../run.ts');
    const { vectorReport } = await import('../report/neuron.ts');
    const { givenVector } = await import('../vector.ts');
    await runReport(asked.model, asked, async (context) => {
      const { readVector } = await import('../../reading/vectors.ts');
      const { k, bottom, tensor, noChance } = asked;
      const given = await givenVector(asked.vector, { tensor, width: context.model.dimensions.hidden });
      const options = { ...(await optionsOf(asked, context)), k, bottom, chance: !noChance };
      return vectorReport(await readVector(context.model, given, options), asked);
    });
  },
});
