import { Command } from 'commander';
import { packageVersion } from '../package.node.ts';
import { COMMANDS } from './commands/index.ts';
import { addCommand, reportsUsage } from './definition.ts';
import { writeNow } from './output/standard.ts';

const EXAMPLES = `
MODEL is \`sample\` (built in), a path, a URL or a hub id such as openai-community/gpt2-medium@main.

  weightscope start                  a first lesson
  weightscope explain freq           what a word means
  weightscope neuron sample 0 381
  weightscope head sample 1 5 --matrix qk --exclude-fuzzy
  weightscope help COMMAND`;

/**
 * `args` without a wish for help where the command before it is none: the parser would answer with the help of what is
 * above, where whoever mistyped a command should be told so.
 */
export function withoutHelpOfUnknown(args: readonly string[], program: Command): string[] {
  let command = program;
  for (const name of args) {
    if (command.commands.length === 0 || name.startsWith('-')) break;
    const found = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
    if (!found) return args.filter((arg) => arg !== '--help' && arg !== '-h');
    command = found;
  }
  return [...args];
}

/** All commands. They are definitions only: what a command needs is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('weightscope')
    .description("Reads a transformer's weights as words: neurons and attention heads in embedding space, exactly.")
    .version(packageVersion(), '-V, --version')
    .helpCommand(false)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeOut: writeNow, writeErr: () => {}, outputError: () => {} })
    .configureHelp({ showGlobalOptions: false });
  program.addHelpText('after', EXAMPLES);
  for (const definition of COMMANDS) {
    if ('run' in definition) {
      addCommand(program, definition);
      continue;
    }
    const { name, summary, description, commands } = definition;
    const group = program.command(name).summary(summary).description(description);
    reportsUsage(group);
    for (const inner of commands) addCommand(group, inner, program);
  }
  return program;
}
