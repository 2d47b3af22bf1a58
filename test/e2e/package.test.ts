import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectWithPackage, root } from '../packed.ts';
import { withoutProgress } from './run-cli.ts';

const PROGRAM = `
import { openModel, readNeuron } from 'weightscope';
const model = await openModel('sample');
const { parts } = await readNeuron(model, 4, 100, { k: 5 });
console.log(JSON.stringify(parts.value.top.map(({ token }) => token)));
`;

/** What a person writes on the first day, with every result used as its type says. */
const TYPED_PROGRAM = `
import { openModel, readHead, readNeuron, readVector, tokenHeads, tokenNeurons } from 'weightscope';
const model = await openModel('sample');
const { parts } = await readNeuron(model, 4, 100, { k: 5 });
const { qk } = await readHead(model, 1, 5, { matrices: ['qk'], above: 100, excludeSame: true });
const { top } = await readVector(model, 'tok:" king"', { normalize: 'cosine' });
const labels: string[] = [...(parts.value?.top ?? []), ...top].map(({ label }) => label);
const count: number | undefined = qk?.count;
const heads = await tokenHeads(model, top[0].id, { k: 3, matrices: ['vo'] });
const neurons = await tokenNeurons(model, top[0].id, { k: 3, parts: ['value'] });
console.log(labels, count, heads.vo?.top[0]?.head, neurons.value?.top[0]?.neuron);
`;

const TYPED_CLIENT = `
import { ask, createClient } from 'weightscope/client';
const client = createClient('http://127.0.0.1:1');
const found = await ask(client.api.models.$get({ query: {} }));
console.log(found);
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

  // WEIGHTSCOPE_TYPESCRIPT: the folder of another TypeScript, the oldest that README.md promises; .ci/run installs it.
  const oldest = process.env.WEIGHTSCOPE_TYPESCRIPT;
  describe.each([
    ['TypeScript 7', join(root, 'node_modules/typescript')],
    ['TypeScript 5.6', oldest],
  ])('%s', (name, folder) => {
    it.skipIf(!folder)(
      `takes its types under strict, those of its own files too${folder ? '' : ' (set WEIGHTSCOPE_TYPESCRIPT)'}`,
      () => {
        const tsc = join(folder!, 'bin/tsc');
        expect(node(tsc, '--version')).toContain(name.replace('TypeScript', 'Version'));
        writeFileSync(join(project, 'program.mts'), TYPED_PROGRAM);
        const options = [
          '--noEmit',
          // Where a terminal's colours are forced, it would draw the line in question.
          '--pretty',
          'false',
          '--strict',
          '--skipLibCheck',
          'false',
          '--module',
          'nodenext',
          '--target',
          'es2022',
        ];
        const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
        expect(node(tsc, ...options, ...types, '--lib', 'es2023', 'program.mts')).toBe('');
        // The client's types are hono's as well, whose own files ask for TypeScript 5.7.
        writeFileSync(join(project, 'client.mts'), TYPED_CLIENT);
        expect(node(tsc, ...options, ...types, '--skipLibCheck', '--lib', 'es2023,dom', 'client.mts')).toBe('');
        // What does not fit is seen: the types are there.
        writeFileSync(
          join(project, 'wrong.mts'),
          `import { readHead } from 'weightscope'; readHead('sample', 1, 5);\n`,
        );
        const wrong = spawnSync(process.execPath, [tsc, ...options, ...types, 'wrong.mts'], {
          cwd: project,
          encoding: 'utf8',
        });
        expect(wrong.stdout).toMatch(
          /^wrong\.mts\(1,\d+\): error TS2345: [^\n]*\n[^\n]*$|^wrong\.mts\(1,\d+\): error TS2345/,
        );
      },
    );
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
    expect([before.status, withoutProgress(before.stderr), after.status]).toEqual([0, '', 0]);
    expect(after.stdout).toBe(before.stdout);
    expect(withoutProgress(after.stderr)).toMatch(
      /^The native engine's addon .* does not load .* Going on without the native engine\.\n$/,
    );
    expect(engine.description).toMatch(/native does not load$/);
  });
});
