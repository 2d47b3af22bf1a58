import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { QUESTIONS } from '../questions/index.ts';
import { snake } from './python-answers.ts';
import { pythonSources } from './python-questions.ts';

const sources = pythonSources();

it.each(Object.keys(sources))('has in python/ the %s that the questions make (UPDATE_DOCS=1 writes it)', (name) => {
  const file = new URL(`../../python/src/weightscope/${name}`, import.meta.url);
  if (process.env.UPDATE_DOCS) writeFileSync(file, sources[name]);
  else expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(sources[name]);
});

it('has a method for every question', () => {
  for (const { name } of QUESTIONS) expect(sources['_questions.py']).toContain(`    def ${snake(name)}(\n`);
});

it('says what every parameter is', () => {
  expect(sources['_questions.py']).toContain('            bottom: How many of the worst tokens; default 0.');
});
