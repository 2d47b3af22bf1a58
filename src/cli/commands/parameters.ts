import { layers } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, model, output } from '../options.ts';

export const parameters = command({
  name: 'parameters',
  summary: 'all parameters, listed or written to a file',
  description:
    'Lists every parameter under its uniform name, with its shape and the tensors it is made of. With -o it writes the\n' +
    'arrays as safetensors (fp32), streaming.',
  arguments: model,
  flags: {
    layers: layers('Only these layers, such as 0,2-3 (and what belongs to none)', { cli: { value: 'which' } }),
    ...changes,
    ...output('Write the arrays to FILE.safetensors instead of printing the table'),
  },
  run: async (asked) => {
    const { checkTensorsName, runReport, withModel, writeTensors } = await import('../run.ts');
    const { chosenParameters, parametersReport, arraysOf } = await import('../report/parameters.ts');
    const { model: name, output, layers } = asked;
    if (output === undefined) {
      await runReport(name, asked, async ({ model }) => parametersReport(model, chosenParameters(model, layers)));
      return;
    }
    checkTensorsName(output);
    await withModel(name, asked, async ({ model, signal, progress }) => {
      await writeTensors(output, arraysOf(chosenParameters(model, layers), signal, progress), asked);
    });
  },
});
