import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../packed.ts';

const cache = mkdtempSync(join(tmpdir(), 'weightscope-npm-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const ready = existsSync(join(root, 'dist/.stamp'));

function npmStart(args: string[], env: Record<string, string> = {}) {
  const run = spawnSync('npm', ['start', ...args], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_cache: cache, ...env },
  });
  return {
    ...run,
    said: run.stderr.replaceAll(/^npm (?:warn|notice|verbose|error).*\n/gm, '').replaceAll(/^Building.*\n/gm, ''),
  };
}

describe.skipIf(!ready)(`npm start${ready ? '' : ' (needs a set-up clone)'}`, () => {
  it('passes options on after two dashes, and prints JSON that is JSON', () => {
    const { status, stdout, said } = npmStart(['--silent', '--', 'info', 'sample', '--json']);
    expect([status, said]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'sample' });
  });

  it('says nothing of dashes where no option was given', () => {
    for (const args of [
      ['--', 'explain', 'freq'],
      ['explain', 'freq'],
    ])
      expect(npmStart(args)).toMatchObject({ status: 0, said: '' });
  });

  it.each([
    [['vector', 'sample', 'tok:" king"', '-k', '3'], '-k'],
    [['neuron', 'sample', '4', '100', '--only-alnum', '--json'], '--only-alnum, --json'],
    [['info', 'sample', '-q'], '--quiet'],
  ])('does not drop the options of %j in silence', (args, lost) => {
    const { status, said } = npmStart(args);
    expect([status, said]).toEqual([
      2,
      expect.stringContaining(`npm has taken ${lost} for itself: write \`npm start -- `),
    ]);
  });

  it('warns where npm keeps no log by which one could tell', () => {
    const { status, said } = npmStart(['explain', 'freq'], { npm_config_logs_max: '0' });
    expect([status, said]).toEqual([0, expect.stringContaining('npm passes options on only after two dashes')]);
  });
});
