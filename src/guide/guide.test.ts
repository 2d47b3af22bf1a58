import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GLOSSARY, termOf } from './glossary.ts';
import { glossaryPage } from './glossary-page.ts';
import { EXAMPLES, LESSON } from './lesson.ts';

const root = new URL('../../', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, root), 'utf8').replaceAll(/\s+/g, ' ');

it.each(['README.md', 'docs/start.md'])('%s teaches the first lesson in its own words', (name) => {
  for (const sentence of Object.values(LESSON)) expect(page(name)).toContain(sentence);
});

it('docs/start.md shows every example', () => {
  for (const { see } of EXAMPLES) expect(page('docs/start.md')).toContain(see);
});

it('docs/glossary.md is the glossary (update it with `npm test -- src/guide -u`)', async () => {
  await expect(glossaryPage()).toMatchFileSnapshot(new URL('docs/glossary.md', root).pathname);
});

it('finds terms by any of their names, each of one term alone, and leads to pages that exist', () => {
  expect(termOf('FREQ')).toBe(termOf('normalizer'));
  expect(termOf('fold-norm')).toBe(termOf('Fold norm'));
  expect(termOf('nonsense')).toBeUndefined();
  const names = GLOSSARY.flatMap(({ name, also = [] }) => [name, ...also]).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  for (const { more } of GLOSSARY) expect(existsSync(new URL(`docs/${more}`, root)), more).toBe(true);
});
