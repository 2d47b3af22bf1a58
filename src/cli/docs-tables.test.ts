import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withTables } from './docs.ts';

it.each(['cli', 'api', 'statistics'])(
  'has in docs/%s.md the tables that the definitions make (UPDATE_DOCS=1 writes them)',
  (name) => {
    const file = new URL(`../../docs/${name}.md`, import.meta.url);
    const text = readFileSync(file, 'utf8');
    const wanted = withTables(text);
    expect(wanted).toContain('<!-- made of the definitions: ');
    if (process.env.UPDATE_DOCS) writeFileSync(file, wanted);
    else expect(text).toBe(wanted);
  },
);
