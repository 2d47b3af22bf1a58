#!/usr/bin/env node
import { unwritable } from '../source/whole-file.node.ts';
import { plainArguments } from './arguments.ts';
import { EXIT, endingOf, isClosedPipe } from './failure.ts';
import { endOnSignals } from './interrupt.ts';
import { terminalOf } from './output/terminal.ts';
import { createProgram, withoutHelpOfUnknown } from './program.ts';

// `weightscope … | head` closes our output early; that is how it is meant.
process.stdout.on('error', (error) => {
  if (isClosedPipe(error)) process.exit(EXIT.ok);
  fail(unwritable('standard output', error));
  process.exit();
});
// Where errors cannot be said, nothing can be said about that either.
process.stderr.on('error', (error) => {
  if (isClosedPipe(error)) process.exit(EXIT.ok);
});

endOnSignals();
try {
  const args = plainArguments(process.argv.slice(2));
  const program = createProgram();
  await program.parseAsync(args.length ? withoutHelpOfUnknown(args, program) : ['--help'], { from: 'user' });
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const { status, message } = endingOf(error);
  if (message) process.stderr.write(`${terminalOf(process.stderr).style.error(message)}\n`);
  process.exitCode = status;
}
