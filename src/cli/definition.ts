import { Argument, type Command, type CommanderError, Option } from 'commander';
import { WeightscopeError } from '../errors.ts';
import { type Facts, factsOf, type Given, type Shape } from '../questions/parameters.ts';
import { usageWithPlace, wrongExpression, wrongPlace } from './arguments.ts';
import { usedWrongly } from './failure.ts';
import {
  amount,
  atLeast,
  atMost,
  choosing,
  headPlace,
  listOption,
  type OutputFlags,
  ranges,
  real,
  wholeNumber,
} from './options.ts';

/** A command: what it takes, by parameters that know their own flags, and what it does. */
export interface Definition<A extends Shape, F extends Shape> {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  readonly description?: string;
  readonly arguments: A;
  readonly flags: F;
  /** A flag that it does not have is an argument; default, it is refused. */
  readonly unknownFlags?: boolean;
  /** Parses nothing: makes one library call and prints. */
  run(asked: Given<A> & Given<F>, program: Command): Promise<void>;
}

/** Checks a command's types; it is its own value. */
export const command = <A extends Shape, F extends Shape>(definition: Definition<A, F>): Definition<A, F> => definition;

// biome-ignore lint/suspicious/noExplicitAny: a command that takes whatever it takes.
export type AnyCommand = Definition<any, any>;

/** What a flag says of itself, for the documents. */
export const flagFacts = new WeakMap<Option, Facts>();

/** Makes the command known to the parser, and so to help and completion. */
export function addCommand(parent: Command, definition: AnyCommand, program = parent): Command {
  const { name, alias, summary, description, arguments: places, flags } = definition;
  const command = parent.command(name).summary(summary);
  if (description) command.description(description);
  if (alias) command.alias(alias);
  for (const [of, schema] of Object.entries<Shape[string]>(places))
    command.addArgument(argumentOf(of, factsOf(schema)));
  const usage = usageWithPlace(name, command.registeredArguments);
  if (usage !== undefined) command.usage(usage);
  const options = Object.entries<Shape[string]>(flags)
    .filter(([, schema]) => factsOf(schema).only !== 'http')
    .map(([of, schema]) => [of, optionOf(of, factsOf(schema))] as const);
  for (const [, option] of options) command.addOption(option);
  if (definition.unknownFlags) command.allowUnknownOption();
  reportsUsage(command);
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    refuseOneDash(args, command);
    return parse(args);
  };
  command.action(async (...values: unknown[]) => {
    const flags = command.opts<Record<string, unknown>>();
    const asked = [
      ...Object.keys(places).map((of, i) => [of, values[i]] as const),
      ...options.map(([of, option]) => [of, valueIn(option, flags[option.attributeName()])] as const),
    ];
    try {
      for (const [of, option] of options) {
        const needed = flagFacts.get(option)?.cli?.needs;
        const given = !['default', undefined].includes(command.getOptionValueSource(option.attributeName()));
        if (given && needed !== undefined && !asked.some(([name, value]) => name === needed && value !== undefined))
          throw new WeightscopeError(
            'USAGE',
            `Expected --${dashed(needed)} beside --${dashed(of)}, which has no effect alone.`,
          );
        if (given && flagFacts.get(option)?.cli?.shown) await refuseRows(option, flags);
      }
      await definition.run(Object.fromEntries(asked.filter(([, value]) => value !== undefined)), program);
    } catch (error) {
      throw usedWrongly(error, usageOf(command));
    }
  });
  return command;
}

/** Of a flag that says what a table shows, `USAGE` where the output has all there is. */
async function refuseRows({ flags: name }: Option, flags: OutputFlags): Promise<void> {
  const { formatOf } = await import('./output/print.ts');
  const format = formatOf(flags);
  if (!['json', 'ndjson', 'csv'].includes(format)) return;
  const flag = name.split(/[ ,]/)[0];
  throw new WeightscopeError(
    'USAGE',
    `Expected ${flag} of a table, got it with ${format}, which has every row; leave ${flag} out.`,
  );
}

/** Its errors say how the command is used. */
export function reportsUsage(command: Command): void {
  command.exitOverride((error) => {
    const better = oppositeOf(error, command) ?? beginningOf(error, command) ?? wordsOf(error, command);
    throw usedWrongly(better ?? error, usageOf(command));
  });
}

/**
 * Of a flag that was asked to be what it is anyway, as `--no-open` where there is `--open`, that it is: the parser
 * would take it for a spelling of its opposite.
 */
function oppositeOf(error: CommanderError, command: Command): WeightscopeError | undefined {
  const given = /^error: unknown option '(--[^'=]*)/.exec(error.message)?.[1];
  if (error.code !== 'commander.unknownOption' || given === undefined) return undefined;
  const denied = given.startsWith('--no-');
  const other = denied ? `--${given.slice(5)}` : `--no-${given.slice(2)}`;
  if (!command.options.some(({ long, required, optional }) => long === other && !required && !optional))
    return undefined;
  const said = denied ? `${other} is off unless it is given` : `that is so unless ${other} is given`;
  return new WeightscopeError('USAGE', `Unknown option '${given}': ${said}, so leave '${given}' out.`);
}

/** What people call the number of rows elsewhere. */
const COUNTS = ['--top', '--topk', '--top-k', '--limit', '--count', '--num', '--number'];

/** Of a flag that is none, those which begin with it, or `-k`: the parser knows only such as are spelt alike. */
function beginningOf(error: CommanderError, command: Command): WeightscopeError | undefined {
  const given = /^error: unknown option '(--[^'=]*)/.exec(error.message)?.[1];
  if (error.code !== 'commander.unknownOption' || given === undefined) return undefined;
  const flags = command.options.flatMap(({ long, short }) => [long, short].flatMap((flag) => flag ?? []));
  const short = COUNTS.includes(given) ? '-k' : given.slice(1);
  const begun = flags.filter((flag) => flag.startsWith(`${given}-`));
  const found = begun.length === 0 && flags.includes(short) ? [short] : begun;
  return found.length === 0 ? undefined : isMeant(given, found);
}

const isMeant = (given: string, flags: readonly string[]): WeightscopeError =>
  new WeightscopeError('USAGE', `Unknown option '${given}': is ${flags.join(' or ')} meant?`);

/** `-only-alnum` would be `-o` with the file `nly-alnum`. */
function refuseOneDash(args: readonly string[], command: Command): void {
  for (const arg of args.slice(0, args.includes('--') ? args.indexOf('--') : undefined)) {
    const given = /^-[a-z][a-z-]+(?==|$)/.exec(arg)?.[0];
    if (given === undefined || !command.options.some(({ long }) => long === `-${given}`)) continue;
    throw usedWrongly(isMeant(given, [`-${given}`]), usageOf(command));
  }
}

/** Of a place or an expression that the parser found wanting, how it is written: people see one thing, it several. */
function wordsOf({ code, message }: CommanderError, command: Command): WeightscopeError | undefined {
  const ofPlace = code === 'commander.missingArgument' || / for argument '/.test(message);
  const ofExpression = code === 'commander.excessArguments' && command.name() === 'vector';
  const sentence = ofPlace
    ? wrongPlace(command.name(), command.args)
    : ofExpression
      ? wrongExpression(command.args.slice(1))
      : undefined;
  return sentence === undefined ? undefined : new WeightscopeError('USAGE', sentence);
}

const usageOf = (command: Command): string => command.createHelp().commandUsage(command);

/** `--no-special` arrives as `special: false`. */
const valueIn = (option: Option, value: unknown): unknown => (option.negate ? value === false || undefined : value);

const lower = (text: string): string => text.toLowerCase();
const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${lower(letter)}`);

/** A sentence as help has it: `how many tokens`, but `ASCII characters`. */
export const inHelp = (sentence: string): string =>
  /^[A-Z][A-Z]/.test(sentence) ? sentence : sentence[0].toLowerCase() + sentence.slice(1);

function argumentOf(name: string, { kind, names, cli = {}, required, ...facts }: Facts): Argument {
  const value = cli.value ?? name;
  const argument = new Argument(required ? `<${value}>` : `[${value}]`, inHelp(cli.sentence ?? facts.sentence));
  if (kind === 'choice') choosing(argument, names!);
  if (cli.parse) return argument.argParser(cli.parse as (text: string) => unknown);
  return kind === 'whole' ? argument.argParser(cli.signed ? wholeNumber : amount) : argument;
}

function optionOf(name: string, facts: Facts): Option {
  const { kind, sentence, names, cli = {}, required } = facts;
  const long = cli.flag ?? (name.length > 1 ? dashed(name) : undefined);
  const short = cli.short ?? (name.length === 1 ? name : undefined);
  const spelled = [short && `-${short}`, long && `--${long}`].filter(Boolean).join(', ');
  const flags = kind === 'flag' ? spelled : `${spelled} <${cli.value ?? (kind === 'whole' ? 'n' : name)}>`;
  const text = inHelp(cli.sentence ?? sentence) + (cli.usual ? ` (default: ${cli.usual})` : '');
  const option = kind === 'list' ? listOption(flags, text, names!) : new Option(flags, text);
  if (cli.parse) option.argParser(cli.parse as (text: string) => unknown);
  else if (kind === 'whole')
    option.argParser(cli.most ? atMost(cli.most) : cli.signed ? wholeNumber : atLeast(facts.min ?? 0));
  else if (kind === 'real') option.argParser(real);
  else if (kind === 'layers') option.argParser(ranges);
  else if (kind === 'place') option.argParser(headPlace);
  else if (kind === 'choice') choosing(option, names!);
  const usual = cli.default ?? facts.default;
  if (usual !== undefined) option.default(usual);
  if (required) option.makeOptionMandatory();
  // Commander keeps `--no-special` under `special`.
  if (cli.conflicts)
    option.conflicts(cli.conflicts.map((other) => other.replace(/^no(?=[A-Z])/, '').replace(/^[A-Z]/, lower)));
  if (cli.group) option.helpGroup(cli.group);
  if (cli.env) option.env(cli.env);
  flagFacts.set(option, facts);
  return option;
}
