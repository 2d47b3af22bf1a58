import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion.ts';
import { createProgram } from './program.ts';

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const bash = completionScript(createProgram(), 'bash');

/** What bash offers for these words, the last one being typed. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `${bash}
COMP_WORDS=(weightscope ${quoted}); COMP_CWORD=${words.length}; _weightscope; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe.skipIf(!has('bash'))('completion in bash (skipped where there is no bash)', () => {
  it('is a script that bash can read', () => {
    expect(execFileSync('bash', ['-n'], { input: bash, encoding: 'utf8' })).toBe('');
  });

  it('completes commands', () => {
    expect(offered('n')).toEqual(['neuron', 'notebook', 'normalisers']);
    expect(offered('--v')).toEqual(['--version']);
  });

  it("completes each command's own options", () => {
    expect(offered('head', '--exclude')).toEqual(['--exclude-same', '--exclude-fuzzy', '--exclude-brackets']);
    expect(offered('vector', '--exclude')).toEqual(['--exclude-brackets']);
  });

  it("completes a subcommand's own options only", () => {
    for (const group of createProgram().commands)
      for (const command of group.commands) {
        const own = command.options.flatMap(({ short, long }) => [short, long]).filter((name) => name !== undefined);
        expect(offered(group.name(), command.name(), '-').sort(), command.name()).toEqual(
          [...own, '-h', '--help'].sort(),
        );
      }
    expect(offered('atlas', 'check', '--')).not.toContain('--resume');
    expect(offered('atlas', '-')).toEqual(['-h', '--help']);
    expect(offered('diff', '--')).not.toEqual(offered('atlas', 'diff', '--'));
  });

  it('completes values', () => {
    expect(offered('neuron', 'sample', '--format', '')).toEqual(['table', 'json', 'ndjson', 'csv', 'markdown']);
    expect(offered('neuron', '--normalize', 'f')).toEqual(['freq']);
    expect(offered('neuron', '--part', '')).toEqual(['key', 'up', 'value']);
    expect(offered('neuron', '-k', '')).toEqual([]);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('atlas', 'b')).toEqual(['build']);
    expect(offered('atlas', 'build', 'sam')).toEqual(['sample']);
    expect(offered('atlas', 'heads', 'x', '--format', 'c')).toEqual(['csv']);
    expect(offered('atlas', 'build', 'sample', '--normalize', 'f')).toEqual(['freq']);
  });

  it('completes models: the built-in one and files', () => {
    expect(offered('info', 'sam')).toEqual(['sample']);
    expect(offered('info', '/de')).toContain('/dev');
    expect(offered('parameters', 'sample', '-o', '/de')).toContain('/dev');
  });
});

describe.each(['zsh', 'fish'] as const)('completion in %s', (shell) => {
  const script = completionScript(createProgram(), shell);

  it('knows every command and option', () => {
    for (const command of createProgram().commands) {
      expect(script).toContain(command.name());
      for (const { long } of command.options) if (long) expect(script).toContain(long.slice(2));
    }
  });

  it.skipIf(!has(shell))(`is a script that ${shell} can read (skipped where there is no ${shell})`, () => {
    const file = join(mkdtempSync(join(tmpdir(), 'completion-')), `weightscope.${shell}`);
    writeFileSync(file, script);
    execFileSync(shell, ['-n', file]);
  });
});

describe.skipIf(!has('fish'))('completion in fish (skipped where there is no fish)', () => {
  it('completes a subcommand’s own options only', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'completion-')), 'weightscope.fish');
    writeFileSync(file, completionScript(createProgram(), 'fish'));
    const asked = (line: string) =>
      execFileSync('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], { encoding: 'utf8' })
        .split('\n')
        .map((offer) => offer.split('\t')[0]);
    expect(asked('weightscope atlas build sample --r')).toEqual(expect.arrayContaining(['--resume']));
    expect(asked('weightscope atlas check folder --r')).not.toContain('--resume');
    expect(asked('weightscope atlas c')).toEqual(expect.arrayContaining(['check', 'compositions']));
    expect(asked('weightscope c')).not.toContain('check');
    expect(asked('weightscope diff a b --a')).not.toContain('--among');
  });
});
