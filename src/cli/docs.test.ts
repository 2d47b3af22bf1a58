import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createProgram } from './program.ts';

it('documents every command and option in docs/cli.md', () => {
  const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const missing: string[] = [];
  for (const command of createProgram().commands) {
    if (!docs.includes(`\n## ${command.name()}\n`)) missing.push(command.name());
    for (const { long, short } of command.options) {
      if (!docs.includes(`\`${long ?? short}`) && !docs.includes(`\`${short}`))
        missing.push(`${command.name()} ${long ?? short}`);
    }
  }
  expect(missing).toEqual([]);
});
