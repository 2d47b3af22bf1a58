import { expect, it } from 'vitest';
import { previewHint } from './preview-hint.ts';

/** What is said while passes go on, each given as [milliseconds, done, what]. */
function said(...steps: [number, number, string][]): string[] {
  const lines: string[] = [];
  let now = 0;
  const hint = previewHint(
    (text) => lines.push(text),
    () => now,
  );
  for (const [at, done, what] of steps) {
    now = at;
    hint(done, what);
  }
  return lines;
}

it('names --preview once where a pass over all layers will take more than 5 s', () => {
  const lines = said([0, 0, 'normaliser ff.key'], [500, 0.01, 'normaliser ff.key'], [2000, 0.1, 'normaliser ff.key']);
  expect(lines).toEqual([
    'freq needs a pass over all layers the first time: some 18 s more for normaliser ff.key. --preview shows first words at once, from a sample, with ± beside them.',
  ]);
  expect(
    said([0, 0, 'normaliser ff.key'], [2000, 0.1, 'normaliser ff.key'], [9000, 0.4, 'normaliser ff.key']),
  ).toHaveLength(1);
});

it('says nothing of a short pass, of other work, and of what a preview needs', () => {
  expect(said([0, 0, 'normaliser ff.key'], [2000, 0.9, 'normaliser ff.key'])).toEqual([]);
  expect(said([0, 0, 'pairs vo'], [9000, 0.1, 'pairs vo'])).toEqual([]);
  expect(said([0, 0, 'preview of normaliser ff.key'], [9000, 0.1, 'preview of normaliser ff.key'])).toEqual([]);
  expect(
    said([0, 0, 'normaliser ff.key'], [4000, 0, 'normaliser ff.value'], [4500, 0.1, 'normaliser ff.value']),
  ).toEqual([]);
});
