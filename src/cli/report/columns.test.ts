import { expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { head } from '../../questions/heads.ts';
import { neuron } from '../../questions/neurons.ts';
import { statisticRows } from '../../questions/statistics.ts';
import type { Table } from '../../questions/table.ts';
import { vector } from '../../questions/vectors.ts';
import { readHead } from '../../reading/heads.ts';
import { readNeuron } from '../../reading/neurons.ts';
import { readVector } from '../../reading/vectors.ts';
import { render } from '../output/print.ts';
import type { Report } from '../output/report.ts';
import { terminalOf } from '../output/terminal.ts';
import { headReport } from './head.ts';
import { neuronReport, vectorReport } from './neuron.ts';
import { statisticsReport } from './statistics.ts';

const model = tinyModel({ words: [' king', ' queen', 'a'] });
const engine = referenceEngine();
const terminal = terminalOf({}, { COLUMNS: '80' });
const read = { engine, k: 3 };

/** The columns that a command writes, and those that the API hands out for the same question. */
const columns = (report: Report, table: Table): [command: string[], api: string[]] => [
  [...render(report, 'csv', terminal)].join('').split('\r\n')[0].split(','),
  Object.keys(table.columns),
];

it.each([
  [
    'neuron',
    ['model', 'layer', 'neuron'],
    async () => {
      const found = await readNeuron(model, 1, 2, { ...read, bottom: 2 });
      return columns(neuronReport(found), neuron.table!(found as never, {} as never));
    },
  ],
  [
    'head',
    ['model', 'layer', 'head'],
    async () => {
      const found = await readHead(model, 1, 2, { ...read, other: true });
      return columns(headReport(found), head.table!(found as never, {} as never));
    },
  ],
  [
    'vector',
    ['model', 'vector'],
    async () => {
      const found = await readVector(model, 'tok:#1', { ...read, bottom: 1 });
      return columns(vectorReport(found), vector.table!(found as never, {} as never));
    },
  ],
  [
    'statistics',
    [],
    async () => {
      const asked = { of: 'heads', layers: [1], k: 2 } as const;
      const found = await statisticRows.call!(model, asked as never, { engine }, undefined as never);
      return columns(
        statisticsReport(found as never, asked as never),
        statisticRows.table!(found as never, {} as never),
      );
    },
  ],
] as const)('CSV columns of %s are named alike from command and API', async (_, place, asked) => {
  const [command, api] = await asked();
  expect(command).toEqual([...place, ...api]);
});
