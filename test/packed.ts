import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * An empty project with the packed package in it, as `npm install weightscope.tgz` would leave it, but offline: the
 * tarball is unpacked, and only its declared dependencies (and theirs) are linked from this checkout.
 */
export function projectWithPackage(): string {
  const project = mkdtempSync(join(tmpdir(), 'weightscope-packed-'));
  const modules = join(project, 'node_modules');
  writeFileSync(join(project, 'package.json'), '{"private": true}'); // Else a folder above could be taken for its package.
  mkdirSync(modules);
  const [{ filename }] = JSON.parse(
    npm('pack', '--ignore-scripts', '--json', '--silent', '--pack-destination', project),
  );
  execFileSync('tar', ['xzf', join(project, filename), '-C', project]);
  renameSync(join(project, 'package'), join(modules, 'weightscope'));
  const linked = new Set<string>();
  const link = (name: string): void => {
    if (linked.has(name)) return;
    linked.add(name);
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
    for (const next of dependenciesOf(join(root, 'node_modules', name))) link(next);
  };
  for (const name of dependenciesOf(join(modules, 'weightscope'))) link(name);
  return project;
}

function dependenciesOf(folder: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys(dependencies ?? {});
}

function npm(...args: string[]): string {
  return execFileSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
}
