import { type Command, InvalidArgumentError } from 'commander';
import { addEngineOption, amount, type EngineFlags } from '../options.ts';

interface Flags extends EngineFlags {
  port: number;
  host: string;
  token?: string;
  open?: boolean;
  atlas: boolean;
  quiet?: boolean;
}

export function addExplore(program: Command): void {
  const command = program
    .command('explore')
    .summary('models as a page in the browser, and an HTTP API')
    .description(
      'Serves a page to look at models, and an HTTP API (listed at /api), on this machine alone. Every request needs the\n' +
        'token in the address that is printed. The atlas of `sample` is made on the way, beside the server.',
    )
    .argument('<model|atlas...>', '`sample`, a path, a URL or a hub id, or a folder made by `atlas build`')
    .option('--port <n>', 'where to listen; a free one where it is taken', port, 4173)
    .option('--host <address>', 'another address lets other machines connect, with the token', '127.0.0.1')
    .option(
      '--token <text>',
      'the secret that requests carry (default: one kept for this user; with --host a new one)',
      secret,
    )
    .option('--open', 'open the page in the browser')
    .option('--no-atlas', 'do not make the atlas of `sample`')
    .option('--quiet', 'no progress');
  addEngineOption(command);
  command.action(async (names: string[], flags: Flags) => {
    const { explore } = await import('../explore.ts');
    await explore(names, flags);
  });
}

function port(text: string): number {
  const value = amount(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return value;
}

function secret(text: string): string {
  if (!/^[\w.~-]{16,}$/.test(text))
    throw new InvalidArgumentError('Expected 16 or more letters, digits, or any of - . _ ~.');
  return text;
}
