// `npm start [-- ARGS]` and `./weightscope [ARGS]`: sets up what is missing, then runs the command line in this
// process, so that signals and exit codes are its own. `npm start` alone shows the tour of the sample.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setup } from './setup.mjs';
import { optionsInLog, swallowedOptions } from './swallowed.mjs';

const args = process.argv.slice(2);
const fromNpm = process.env.npm_lifecycle_event === 'start';
// Before set-up, which runs npm too, and adds to its logs.
const logged = fromNpm ? optionsInLog(process.env, args) : undefined;
setup();
const dist = (name) => import(pathToFileURL(join(root, 'dist', name)).href);
if (fromNpm) {
  const { createProgram } = await dist('cli/program.js');
  // Settings of npm's that came from elsewhere, such as npm_config_yes, were not taken from this command line.
  const swallowed = logged ?? swallowedOptions(createProgram(), process.env);
  if (swallowed.length) {
    process.stderr.write(
      `npm has taken ${swallowed.join(', ')} for itself: write \`npm start -- COMMAND …\`, with two dashes before the ` +
        'command, or `npx weightscope COMMAND …`.\n',
    );
    process.exit(2);
  }
  if (args.length === 0) process.argv.push('start');
  // Some, such as -k, npm takes without leaving a trace in the environment.
  else if (logged === undefined && !args.some((arg) => arg.startsWith('-')))
    process.stderr.write('(npm passes options on only after two dashes: `npm start -- COMMAND …`.)\n');
}
await dist('cli/main.js');
