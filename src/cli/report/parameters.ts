import { WeightscopeError } from '../../errors.ts';
import type { TensorToWrite } from '../../formats/safetensors/write.ts';
import { exportPieces } from '../../model/parameter.ts';
import type { Model, Parameter } from '../../model/types.ts';
import type { Report } from '../output/report.ts';
import { plural, thousands } from './reading.ts';

/** All parameters, or those of the layers named and of no layer. `OUT_OF_RANGE` for a layer that is not there. */
export function chosenParameters(model: Model, layers?: readonly number[]): Parameter[] {
  const all = [...model.parameters.values()];
  if (!layers) return all;
  const count = model.dimensions.layers;
  const beyond = layers.find((layer) => layer >= count);
  if (beyond !== undefined) {
    throw new WeightscopeError('OUT_OF_RANGE', `Expected layers in 0..${count - 1}, got ${beyond}.`);
  }
  const wanted = new Set(layers);
  return all.filter(({ name }) => {
    const layer = /^layer\.(\d+)\./.exec(name);
    return !layer || wanted.has(Number(layer[1]));
  });
}

export function parametersReport(model: Model, parameters: readonly Parameter[]): Report {
  const rows = parameters.map(({ name, shape, tensors }) => ({ name, shape, tensors }));
  const numbers = parameters.reduce((sum, { shape }) => sum + size(shape), 0);
  return {
    title: `parameters of ${model.name}`,
    applied: [plural(parameters.length, 'array'), `${thousands(numbers)} numbers`],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'name', shown: true },
              { name: 'shape', shown: true, align: 'right', faint: true },
              { name: 'made of', shown: true, faint: true, flexible: true },
            ],
            rows: rows.map(({ name, shape, tensors }) => [name, shape.join(' × '), tensors.join(', ')]),
          },
        ],
      },
    ],
    notes: [...model.notes],
    json: { model: model.name, parameters: rows },
    records: () => rows.map((row) => ({ model: model.name, ...row })),
  };
}

/** Every array under its uniform name and shape, read piece by piece when its turn comes and not before. */
export function arraysOf(
  parameters: readonly Parameter[],
  signal: AbortSignal,
  progress: (done: number, what: string) => void,
): TensorToWrite[] {
  const total = parameters.reduce((sum, { shape }) => sum + size(shape), 0);
  let written = 0;
  return parameters.map((parameter) => {
    async function* data(): AsyncGenerator<Float32Array> {
      for await (const piece of exportPieces(parameter, signal)) {
        yield piece;
        written += piece.length;
        progress(written / total, parameter.name);
      }
    }
    return { name: parameter.name, shape: parameter.shape, data: data() };
  });
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
