// npm start [-- ARGS]: sets up what is missing, then runs the command line; without arguments, the tour of the sample.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const args = process.argv.length > 2 ? process.argv.slice(2) : ['start'];
const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { stdio: 'inherit' });
// The terminal sends its signals to the child as well; it decides when to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
