import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAtlas } from './commands/atlas.ts';
import { addCompletion } from './commands/completion.ts';
import { addExplain } from './commands/explain.ts';
import { addExplore } from './commands/explore.ts';
import { addHead } from './commands/head.ts';
import { addInfo } from './commands/info.ts';
import { addNeuron } from './commands/neuron.ts';
import { addNormalisers } from './commands/normalisers.ts';
import { addNotebook } from './commands/notebook.ts';
import { addParameters } from './commands/parameters.ts';
import { addRelations } from './commands/relations.ts';
import { addStart } from './commands/start.ts';
import { addVector } from './commands/vector.ts';
import { addWorker } from './commands/worker.ts';
import { writeNow } from './output/standard.ts';

const EXAMPLES = `
MODEL is \`sample\` (built in), a path, a URL or a hub id such as openai-community/gpt2-medium@main.

  weightscope start                  a first lesson
  weightscope explain freq           what a word means
  weightscope neuron sample 4 100
  weightscope head sample 1 5 --matrix qk --exclude-fuzzy
  weightscope COMMAND --help`;

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
  for (const add of [addInfo, addNeuron, addHead, addVector, addNotebook, addNormalisers, addParameters, addRelations])
    add(program);
  addAtlas(program);
  addExplore(program);
  addWorker(program);
  addStart(program);
  addExplain(program);
  addCompletion(program);
  return program;
}

function packageVersion(): string {
  // Two folders up, both from src/cli/ and from dist/cli/.
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
