import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectWithPackage, root } from '../packed.ts';

const PROGRAM = `
import { openModel, readNeuron } from 'weightscope';
const model = await openModel('sample');
const { parts } = await readNeuron(model, 4, 100, { k: 5 });
console.log(JSON.stringify(parts.value.top.map(({ token }) => token)));
`;

describe('the packed package in an empty project', () => {
  let project: string;
  beforeAll(() => {
    project = projectWithPackage();
  });

  const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

  it('works by its documented import', () => {
    writeFileSync(join(project, 'program.mjs'), PROGRAM);
    expect(JSON.parse(node('program.mjs'))).toContain(' King');
  });

  it('has types for its documented import', () => {
    writeFileSync(join(project, 'program.mts'), PROGRAM.replace('parts.value', 'parts.value!'));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom'];
    expect(node(tsc, ...options, '--types', '', 'program.mts')).toBe('');
  });

  it('works by its bin', () => {
    const { bin, version } = JSON.parse(readFileSync(join(project, 'node_modules/weightscope/package.json'), 'utf8'));
    const main = join(project, 'node_modules/weightscope', bin.weightscope);
    expect(node(main, '--version').trim()).toBe(version);
    expect(JSON.parse(node(main, 'neuron', 'sample', '4', '100', '--normalize', 'none', '--json')).neuron).toBe(100);
  });

  it('goes on with one warning where the native engine is damaged, and says so', () => {
    const folder = join(project, 'node_modules/weightscope');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], { encoding: 'utf8' });
    const head = ['head', 'sample', '5', '7', '--normalize', 'none', '-k', '20', '--json'];
    const before = run(...head);
    mkdirSync(join(folder, 'native'));
    writeFileSync(join(folder, 'native/weightscope.node'), 'not a library');
    const after = run(...head);
    const engine = JSON.parse(run('info', 'sample', '--json').stdout).engine;
    rmSync(join(folder, 'native'), { recursive: true });
    expect([before.status, before.stderr, after.status]).toEqual([0, '', 0]);
    expect(after.stdout).toBe(before.stdout);
    expect(after.stderr).toMatch(
      /^The native engine's addon .* does not load .* Going on without the native engine\.\n$/,
    );
    expect(engine.description).toMatch(/native does not load$/);
  });
});
