// node scripts/native-packages.mjs ADDONS: from ADDONS/<package>/weightscope.node makes one npm package for each
// platform and names them, in exactly this version, as optional dependencies of the main package. Only a release runs
// this: a clone builds its own addon, and its lock file need not know packages that are not published yet.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const addons = process.argv[2];
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const write = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const main = read(join(root, 'package.json'));
const names = readdirSync(addons).sort();
for (const name of names) {
  const [, os, cpu, abi] = name.split('-');
  const folder = join(root, 'build/npm', name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(addons, name, 'weightscope.node'), join(folder, 'weightscope.node'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  write(join(folder, 'package.json'), {
    name,
    version: main.version,
    description: `The native engine of weightscope for ${os} on ${cpu}.`,
    license: main.license,
    repository: main.repository,
    main: 'weightscope.node',
    files: ['weightscope.node', 'LICENSE'],
    engines: main.engines,
    os: [os],
    cpu: [cpu],
    ...(abi === 'gnu' && { libc: ['glibc'] }),
  });
}
main.optionalDependencies = {
  ...main.optionalDependencies,
  ...Object.fromEntries(names.map((n) => [n, main.version])),
};
write(join(root, 'package.json'), main);
