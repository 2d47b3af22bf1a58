import { expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { neuronReport } from '../cli/report/neuron.ts';
import { titleOf } from '../display/said.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { readNeuron } from '../reading/neurons.ts';
import { placesOf } from './resolve.ts';

const model = tinyModel({ experts: 3, layers: 2 });
const resolved = (q: string) => placesOf(q, 3, model.dimensions, async () => []);

it('a neuron of an expert is taken as every output names it', async () => {
  const reading = await readNeuron(model, 1, 4, { engine: referenceEngine(), expert: 2, k: 1 });
  expect(neuronReport(reading).title).toMatch(/^neuron 1:2:4 of /);
  expect(titleOf(reading as never)).toMatch(/^neuron 1:2:4 of /);
  const place = { kind: 'neuron', text: 'neuron 1:2:4', layer: 1, neuron: 4, expert: 2 };
  expect(await resolved('1:2:4')).toEqual([place]);
  expect(await resolved('neuron 1:2:4')).toEqual([place]);
  expect(await resolved('1:0:4')).toMatchObject([{ text: 'neuron 1:4' }]);
  expect(await resolved('1:3:4')).toEqual([]);
});
