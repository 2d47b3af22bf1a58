import { CommanderError } from 'commander';
import { WeightscopeError } from '../errors.ts';
import { cut, printable } from '../quote.ts';
import { shellQuoted } from './output/shell.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** How a run ends: its exit status and the one line for standard error, if any. */
export interface Ending {
  status: number;
  message?: string;
}

const usages = new WeakMap<object, string>();

/** The same error, of a command whose usage is to stand under its message where it was used wrongly. */
export function usedWrongly(error: unknown, usage: string): unknown {
  if (error instanceof CommanderError || (error instanceof WeightscopeError && error.code === 'USAGE'))
    usages.set(error, usage);
  return error;
}

/** Turns whatever was thrown into an exit status and one sentence with its code. */
export function endingOf(error: unknown, env: NodeJS.ProcessEnv = process.env): Ending {
  if (error instanceof CommanderError) {
    // --help and --version end this way too.
    if (error.exitCode === 0) return { status: EXIT.ok };
    return { status: EXIT.usage, message: withUsage(line(usageText(error), 'USAGE'), error) };
  }
  if (error instanceof WeightscopeError) {
    if (error.code === 'ABORTED') return { status: EXIT.interrupted };
    const status = error.code === 'USAGE' ? EXIT.usage : EXIT.failed;
    return { status, message: withStack(withUsage(line(error.message, error.code), error), error, env) };
  }
  if (isClosedPipe(error)) return { status: EXIT.ok };
  const text = printable(cut(error instanceof Error ? error.message || error.name : String(error), 2000));
  return { status: EXIT.failed, message: withStack(line(text, systemCode(error) ?? 'UNEXPECTED'), error, env) };
}

/** The reader of our output went away (`| head`): no failure. */
export const isClosedPipe = (error: unknown): boolean => systemCode(error) === 'EPIPE';

function usageText(error: CommanderError): string {
  if (error.code === 'commander.help') return 'Expected a command; `weightscope --help` lists them.';
  const text = withAsked(error.message.replace(/^error: /, '').replace(/\n\s*/g, ' '));
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.?!)]$/.test(text) ? '' : '.'}`;
}

/** Commands that people look for under another name. */
const ASKED: Readonly<Record<string, string>> = {
  search: 'atlas search ATLAS WORDS',
  find: 'atlas search ATLAS WORDS',
  grep: 'atlas search ATLAS WORDS',
  sql: 'atlas sql ATLAS SELECT',
  query: 'atlas sql ATLAS SELECT',
  build: 'atlas build MODEL -o ATLAS',
  heads: 'statistics MODEL',
  neurons: 'statistics MODEL --of neurons',
  which: 'statistics MODEL',
  stats: 'statistics MODEL',
  copying: 'statistics MODEL',
  token: 'vector MODEL \'tok:" king"\'',
  tokens: 'vector MODEL \'tok:" king"\'',
  compare: 'diff MODEL OTHER',
  open: 'explore MODEL',
  serve: 'explore MODEL',
  view: 'explore MODEL',
  web: 'explore MODEL',
  glossary: 'explain',
};

/** Letters that are alike mislead where the command has another name. */
function withAsked(text: string): string {
  const [, command = ''] = /^unknown command '(\w+)'/.exec(text) ?? [];
  if (!Object.hasOwn(ASKED, command)) return text;
  return `unknown command '${command}'; it is \`weightscope ${ASKED[command]}\`.`;
}

/** How the command is used, and where more is said. */
function withUsage(message: string, error: object): string {
  const usage = usages.get(error);
  if (usage === undefined) return message;
  const command = usage.replace(/ [[<].*$/, '');
  return [message, `  Usage: ${usage}`, `  \`${command} --help\` says more.`].join('\n');
}

/** One sentence and its code; lines after the first (an expression with a caret below) follow as they are. */
function line(text: string, code: string): string {
  const [sentence, ...rest] = text.split('\n');
  return [`weightscope: ${forShell(sentence)} [${code}]`, ...rest].join('\n');
}

/** Tokens as a shell leaves them, `'tok:" king"'`: what is hinted at is pasted. What has single quotes is as it was. */
const forShell = (sentence: string): string =>
  sentence.replace(/(?<!\p{L})'[^']*'|tok:"(?:[^"\\]|\\.)*"/gu, (found) =>
    found.startsWith("'") ? found : shellQuoted(found),
  );

function withStack(message: string, error: unknown, env: NodeJS.ProcessEnv): string {
  if (env.DEBUG !== 'weightscope' || !(error instanceof Error)) return message;
  const stacks: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) stacks.push(cause.stack ?? '');
  return [message, ...stacks.join('\ncaused by: ').split('\n').map(printable)].join('\n');
}

function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
