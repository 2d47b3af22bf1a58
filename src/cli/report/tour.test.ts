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

it('shows royalty, comparisons and opposites on one page of 100 columns', async () => {
  const model = await openModel('sample', { cache: undefined });
  const freq = await parseNormalisers(readFileSync(FREQ));
  // The reference has no ff.up; what that column shows is not looked at.
  freq.set('ff.up', freq.get('ff.key')!);
  for (const [kind, f] of freq) await keepNormaliser(model, kind as VectorKind, f);
  const { signal } = new AbortController();
  const report = await tourReport({ model, engine: undefined, signal, progress() {} }, readNeuron, readHead);
  const page = renderTable(report, { columns: 100, style: styleOf(false) });
  for (const word of ['·Prince', '·Kings', '·King', '·castle', '·royal']) expect(page).toContain(` ${word} `);
  for (const pair of ['·more → ·than', 'weights → ·light', 'ened → ·dark', '·size → ·smaller'])
    expect(page).toContain(pair);
  expect(page.match(/the first 100 of 268,435,456 pairs/g)).toHaveLength(3);
  expect(page.match(/^ {4}weightscope /gm)).toHaveLength(3);
  for (const line of page.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(100);
  await model.close();
});
