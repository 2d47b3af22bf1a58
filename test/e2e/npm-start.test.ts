import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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

it('takes no other log of npm for its own: a first start installs by npm ci, whose options are nobody’s', async () => {
  const { optionsInLog } = await import(join(root, 'scripts/swallowed.mjs'));
  const folder = mkdtempSync(join(tmpdir(), 'weightscope-logs-'));
  const log = (time: string, title: string, ...given: string[]) =>
    writeFileSync(
      join(folder, `${time}-debug-0.log`),
      `7 verbose title npm ${title}\n8 verbose argv ${given.map((word) => JSON.stringify(word)).join(' ')}\n`,
    );
  const found = (...args: string[]) => optionsInLog({ npm_config_logs_dir: folder }, args);
  try {
    log('2026-01-01T00_00_02', 'ci', 'ci', '--ignore-scripts', '--no-audit');
    expect(found()).toBeUndefined();
    log('2026-01-01T00_00_01', 'start', 'start');
    expect(found()).toEqual([]);
    log('2026-01-01T00_00_03', 'run start info sample', 'run', 'start', 'info', 'sample', '--json');
    expect(found('info', 'sample')).toEqual(['--json']);
    log('2026-01-01T00_00_04', 'install', 'install', '--global');
    expect(found()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says how long it builds before it does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weightscope-setup-'));
  try {
    for (const name of ['scripts', 'dist']) mkdirSync(join(folder, name));
    copyFileSync(join(root, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'));
    writeFileSync(join(folder, 'scripts/build.mjs'), '');
    const script = "import('./scripts/setup.mjs').then(({ build }) => build())";
    const build = () => spawnSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' }).stderr;
    expect(build()).toMatch(/^Building \(a minute or two, .*\) …\n$/);
    expect(build()).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

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

  it.skipIf(process.platform === 'win32').each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'ends what it runs on %s (skipped on Windows, which has none for child processes)',
    async (signal, status) => {
      const args = [join(root, 'scripts/start.mjs'), 'explore', 'sample', '--no-atlas', '--port', '0'];
      const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME } });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      let address = '';
      for await (const line of createInterface({ input: child.stdout })) {
        address = /http:\S+/.exec(line)?.[0] ?? address;
        if (line.startsWith('The API:')) break;
      }
      child.kill(signal);
      expect(await ended).toBe(status);
      await expect(fetch(address)).rejects.toThrow();
    },
  );
});
