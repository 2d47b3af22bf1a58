import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openModel, readHead, readNeuron } from '../../node.ts';
import { keepNormaliser, parseNormalisers } from '../../reading/normalisers.ts';
import type { VectorKind } from '../../reading/parameters.ts';
import { renderTable } from '../output/table.ts';
import { styleOf } from '../output/terminal.ts';
import { displayWidth } from '../output/width.ts';
import { tourReport } from './tour.ts';

const FREQ = new URL('../../../test/fixtures/reference/sample/freq.safetensors', import.meta.url);

it('teaches with spellings and nations, in 40 lines of 80 columns', async () => {
  const model = await openModel('sample', { cache: undefined });
  const freq = await parseNormalisers(readFileSync(FREQ));
  for (const [kind, f] of freq) await keepNormaliser(model, kind as VectorKind, f);
  const { signal } = new AbortController();
  const report = await tourReport({ model, engine: undefined, signal, progress() {} }, readNeuron, readHead);
  const page = [...renderTable(report, { columns: 80, style: styleOf(false) })].join('');
  for (const word of ['·colour', '·UK', '·Australian', '·labor', '·color']) expect(page).toContain(` ${word} `);
  for (const pair of ['·Chinese → ·China', '·France → ·French']) expect(page).toContain(pair);
  expect(page).toContain('Neuron 0:381 · only tokens that pass only-alnum\n');
  expect(page).toContain('Head 5:2 · only tokens that pass only-alnum · same words left out\n');
  expect(page.match(/^ {2,4}weightscope /gm)).toHaveLength(3);
  const lines = page.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(40);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  await model.close();
});
