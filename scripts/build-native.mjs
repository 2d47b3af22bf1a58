// npm run build:native: native/ -> native/weightscope.node, with cargo. The engine does without it, more slowly.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const fail = (sentence) => {
  process.stderr.write(
    `The native engine was not built: ${sentence}; the wasm engine serves. Again: npm run build:native\n`,
  );
  process.exit(1);
};

const target = process.env.CARGO_BUILD_TARGET ?? '';
const native = join(root, 'native');
const { status, error } = spawnSync('cargo', ['build', '--release', '--locked'], { cwd: native, stdio: 'inherit' });
if (error) fail('there is no cargo (https://rustup.rs)');
if (status !== 0) fail('cargo could not fetch or compile it');

const library = { darwin: 'libweightscope.dylib', win32: 'weightscope.dll' }[process.platform] ?? 'libweightscope.so';
// Renamed into place: a process that has the old one loaded keeps it.
const next = join(native, 'next.node');
copyFileSync(join(native, 'target', target, 'release', library), next);
renameSync(next, join(native, 'weightscope.node'));
