// Brings a clone into a state in which it runs: dependencies installed, kernels and TypeScript built.
// Each step is skipped when a stamp says that its inputs have not changed, so that a second start costs milliseconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NATIVE = [
  'native/src',
  'src/engine/records.ts',
  'native/Cargo.toml',
  'native/Cargo.lock',
  'native/build.rs',
  'scripts/build-native.mjs',
];
const PAGE = ['src', 'site', 'public', 'index.html', 'package.json', 'vite.config.ts'];
const EXPLORER = [...PAGE, 'vite.site.config.ts', 'vite.widget.config.ts'].map((name) => join('explorer', name));
const BUNDLE = 'scripts/cli.vite.config.mjs';
const SOURCES = ['src', 'kernels', 'package.json', 'tsconfig.json', 'tsconfig.build.json', BUNDLE, ...EXPLORER];

export function setup() {
  checkNode();
  install();
  build();
  // Tried once for each state of its sources, and again when cargo appears.
  const native = `${hashOf(NATIVE, sizeAndTime)} ${hasCargo() ? 'with' : 'without'} cargo`;
  step(
    'node_modules/.native-stamp',
    native,
    'Building the native engine',
    [[process.execPath, 'scripts/build-native.mjs']],
    true,
  );
}

export function install() {
  // Without scripts: nothing that is needed here has one, and our own `prepare` would build what is built next.
  step('node_modules/.stamp', hashOf(['package.json', 'package-lock.json'], readFileSync), 'Installing dependencies', [
    ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
  ]);
}

export function build() {
  step('dist/.stamp', hashOf(SOURCES, sizeAndTime), 'Building (a minute or two, on a slow machine several)', [
    [process.execPath, 'scripts/build.mjs'],
  ]);
}

/**
 * Runs `commands` unless the file `stamp` holds `hash`. Their output is shown only when one fails; then the process
 * ends, unless the step is `optional`: of that the last line is shown.
 */
function step(stamp, hash, title, commands, optional = false) {
  const path = join(root, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === hash) return;
  process.stderr.write(`${title} …\n`);
  for (const [command, ...args] of commands) {
    const run = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
    if (run.status !== 0 && optional) process.stderr.write(`${run.stderr.trimEnd().split('\n').at(-1)}\n`);
    else if (run.status !== 0) {
      process.stderr.write(
        `${run.stdout ?? ''}${run.stderr ?? ''}${run.error ?? ''}\n${title} failed: ${command} ${args.join(' ')}\n`,
      );
      process.exit(1);
    }
  }
  writeFileSync(path, hash);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`weightscope needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

function hasCargo() {
  const name = process.platform === 'win32' ? 'cargo.exe' : 'cargo';
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function sizeAndTime(path) {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
}

function hashOf(names, describe) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path) || path.endsWith('.generated.ts')) return;
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(path.slice(root.length)).update(describe(path));
  };
  for (const name of names) visit(join(root, name));
  return hash.digest('hex');
}
