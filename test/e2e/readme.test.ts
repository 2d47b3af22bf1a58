import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectWithPackage, root } from '../packed.ts';
import { withoutMachine } from './run-cli.ts';

/** What a page prints under `$ weightscope …` must be what the command prints. */
const BLOCK = /```\n\$ weightscope ([^\n]+)\n([\s\S]*?)\n```/g;
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const shown = [...text.matchAll(BLOCK)].map(([, command, output]) => ({ command, output }));
  if (shown.length === 0) continue;
  describe(page, () => {
    it.each(shown)('prints what it shows: weightscope $command', ({ command, output }) => {
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
      expect(anyMachine(weightscope(...words))).toBe(anyMachine(output));
    });
  });
}

it('the program in README.md prints what its comments say', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(text)![1];
  const said = [...program.matchAll(/console\.log.*\/\/ (.*)/g)].map(([, comment]) => comment);
  const project = projectWithPackage();
  writeFileSync(join(project, 'program.mjs'), program);
  const printed = execFileSync(process.execPath, ['program.mjs'], { cwd: project, encoding: 'utf8' });
  expect(printed.trim().split('\n')).toEqual(said);
});

/** Everything on the screen, errors included. */
function weightscope(...args: string[]): string {
  const env = { ...process.env, NO_COLOR: '1', COLUMNS: '80' };
  const main = join(root, 'dist/cli/main.js');
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8', env });
  return (stdout + withoutMachine(stderr)).trimEnd();
}

/** Leaves out what differs from machine to machine: where the checkout is, and the engine that runs there. */
function anyMachine(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/^ +files +.*(\n {16}.*)*/m, (wrapped) => wrapped.replaceAll(/\n +/g, ''))
    .replaceAll(join(root, '/'), '')
    .replace(/^( +engine +).*(\n {16}.*)*/m, '$1');
}
