import { doctor as question } from '../../questions/doctor.ts';
import { flag } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, model, output } from '../options.ts';

export const doctor = command({
  name: 'doctor',
  summary: 'the health of a model’s vocabulary and weights',
  description:
    'Looks for tokens that were never trained, equal and empty rows, dead neurons, numbers that are not finite, equal layers and\n' +
    'more, from the weights alone. Faults cannot be right; risks may be meant so.',
  arguments: model,
  flags: {
    ...question.parameters,
    exitCode: flag('End with status 1 where there is a fault or a risk'),
    ...changes,
    ...output(),
  },
  run: async ({ exitCode, ...asked }) => {
    const { runReport } = await import('../run.ts');
    const { doctorReport } = await import('../report/doctor.ts');
    let healthy = true;
    await runReport(asked.model, asked, async ({ model, signal, progress }) => {
      const found = await question.call!(model, asked, { signal, progress }, model);
      healthy = found.healthy;
      return doctorReport(found);
    });
    if (exitCode && !healthy) process.exitCode = 1;
  },
});
