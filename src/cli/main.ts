#!/usr/bin/env node
import { endingOf, isClosedPipe } from './failure.ts';
import { endOnSignals } from './interrupt.ts';
import { terminalOf } from './output/terminal.ts';
import { createProgram } from './program.ts';

// `weightscope … | head` closes our output early; that is how it is meant.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (isClosedPipe(error)) process.exit(0);
    throw error;
  });
}

endOnSignals();
try {
  const args = process.argv.slice(2);
  await createProgram().parseAsync(args.length ? args : ['--help'], { from: 'user' });
} catch (error) {
  const { status, message } = endingOf(error);
  if (message) process.stderr.write(`${terminalOf(process.stderr).style.error(message)}\n`);
  process.exitCode = status;
}
