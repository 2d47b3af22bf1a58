import { expect, test } from 'vitest';
import { openModel } from '../../node.ts';
import { infoReport } from './info.ts';

const engine = { name: 'reference', description: 'plain loops' };

/** What `info` says of a fixture, row by row. */
async function rowsOf(location: string): Promise<Record<string, string>> {
  const model = await openModel(location);
  try {
    const report = infoReport(model, engine, []);
    const rows = report.groups.flatMap(({ blocks }) => blocks).map((block) => block.rows);
    return Object.fromEntries(rows.flatMap((list) => Array.from({ length: list.length }, (_, i) => list.at(i)!)));
  } finally {
    await model.close();
  }
}

const fixture = (name: string) => `test/fixtures/architectures/${name}`;

test('where layers differ, it says which has what', async () => {
  expect(await rowsOf(fixture('deepseek_v3'))).toMatchObject({
    neurons: expect.stringMatching(
      /^\d+ a layer, gated.*\(layer 0 of 2\); .* in each of 4 experts and .* \(layer 1 of 2\)$/,
    ),
    heads: '4 a layer of 12 dimensions in QK and 6 in VO',
  });
  expect(await rowsOf(fixture('nemotron_h'))).toMatchObject({
    neurons: expect.stringMatching(/ a layer: key, value \(layer 2 of 3\)$/),
    heads: expect.stringMatching(/\(layer 1 of 3\)$/),
    recurrent: 'directions in and out (layer 0 of 3)',
  });
});

test('what no parameter is made of is named, the numbers of layers apart', async () => {
  expect(await rowsOf(fixture('falcon_h1'))).toMatchObject({
    'not read': expect.stringContaining('model.layers.*.mamba.A_log (2), model.layers.*.mamba.D (2)'),
  });
});

test('the other half of an encoder and a decoder is not what readings leave out', async () => {
  const model = await openModel(fixture('whisper'));
  const { notes } = infoReport(model, engine, []);
  await model.close();
  expect(
    notes.filter((note) => /encoder\.layer|decoder\.layer|cross\./.test(note.replace(/^.*attn\.q and cross.*$/, ''))),
  ).toEqual([]);
});
