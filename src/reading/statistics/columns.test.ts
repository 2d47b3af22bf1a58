import { expect, it } from 'vitest';
import { tinyModel } from '../../../test/tiny-model.ts';
import { ROW_COLUMNS, TABLE_COLUMNS } from './columns.ts';
import { statisticRows } from './whole-model.ts';

it.each(['heads', 'neurons'] as const)('rows of %s have each value before its own nulls, and no other', async (of) => {
  const places = of === 'heads' ? ['layer', 'head', 'matrix'] : ['layer', 'expert', 'neuron'];
  const { rows } = await statisticRows(tinyModel(), of, { layers: [0] });
  const names = Object.keys(rows[0]).slice(places.length);
  expect(Object.keys(rows[0]).slice(0, places.length)).toEqual(places);
  // The same columns as an atlas's table, of which what was added later stands behind.
  expect([...names].sort()).toEqual(TABLE_COLUMNS[of].map(({ name }) => name).sort());
  const statistics = names.map((name) => ROW_COLUMNS[of].find((column) => column.name === name)!.statistic);
  const changes = statistics.filter((statistic, i) => statistic !== statistics[i - 1]);
  expect(changes).toEqual([...new Set(statistics)]);
  for (const statistic of changes) expect(names[statistics.indexOf(statistic)]).toBe(statistic);
});
