import { type Argument, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { meant } from '../nearest.ts';
import { as, choice, type FlagFacts, factsOf, flag, layersIn, made, READING, words } from '../questions/parameters.ts';
import { placeIn } from '../reading/place.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

export interface OutputFlags {
  format?: Format;
  json?: boolean;
  output?: string;
  quiet?: boolean;
}

export interface EngineFlags {
  engine?: string;
}

/** A whole number, negative ones too: whether it is in range is for the library to say. */
export function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** A whole number, 0 or more. */
export function amount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return Number(text);
}

/** A whole number, `min` or more. */
export const atLeast =
  (min: number) =>
  (text: string): number => {
    const wanted = amount(text);
    if (wanted >= min) return wanted;
    throw new InvalidArgumentError(`Expected a whole number, ${min} or more.`);
  };

/** A whole number, 0 or more, and not more than `most`. */
export const atMost =
  ([most, what]: readonly [number, string]) =>
  (text: string): number => {
    const wanted = amount(text);
    if (wanted <= most) return wanted;
    throw new InvalidArgumentError(`Expected at most ${most.toLocaleString('en-US')} ${what}.`);
  };

/** A number such as 200, -1.5 or 1e3. */
export function real(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** One of `names`; of another text it says which it is near. */
export const oneOf =
  (names: readonly string[]) =>
  (text: string): string => {
    if (names.includes(text)) return text;
    throw new InvalidArgumentError(`Expected ${names.join(', ')}${meant(text, names)}.`);
  };

/** What has choices, for help and completion, and takes nothing else. */
export function choosing<T extends Argument | Option>(one: T, names: readonly string[]): T {
  one.argChoices = [...names];
  one.argParser(oneOf(names));
  return one;
}

/** An option whose value is one or several of `names`, with commas between; given in their order. */
export function listOption(flags: string, text: string, names: readonly string[]): Option {
  const option = new Option(flags, text).argParser((given: string) => {
    const chosen = given.split(',').map((name) => name.trim());
    const wrong = chosen.find((name) => !names.includes(name));
    if (wrong !== undefined)
      throw new InvalidArgumentError(
        `Expected ${names.join(', ')}, or several with commas between${meant(wrong, names)}.`,
      );
    return names.filter((name) => chosen.includes(name));
  });
  option.argChoices = [...names]; // For help and completion; the parser above checks.
  return option;
}

/** A neuron as outputs name it: `3:100`, or `3:2:100` of expert 2. */
export function neuronPlace(text: string): [layer: number, neuron: number, expert?: number] {
  const found = placeIn(text);
  if (!found || found.kind === 'head')
    throw new InvalidArgumentError('Expected LAYER:INDEX, for example 3:100 (LAYER:EXPERT:INDEX with experts).');
  const { layer, index, expert } = found;
  return expert === undefined ? [layer, index] : [layer, index, expert];
}

/** A head, LAYER:HEAD. */
export function headPlace(text: string): [layer: number, head: number] {
  const found = placeIn(text);
  if (!found || found.kind === 'neuron') throw new InvalidArgumentError('Expected LAYER:HEAD, for example 3:1.');
  return [found.layer, found.index];
}

/** What `parse` makes of each use of an option that may be repeated. */
export const gathered =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined): T[] => [...(before ?? []), parse(text)];

/** `0,2-3` as layer numbers, ascending. */
export function ranges(text: string): number[] {
  const found = layersIn(text);
  if (!found) throw new InvalidArgumentError('Expected layers such as 0,2-3.');
  return found;
}

/** A port of this machine. */
export function port(text: string): number {
  const value = amount(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return value;
}

/** A folder of a web host, as pages name it: with a slash at its end. */
export function siteAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password)
    throw new InvalidArgumentError('Expected the address of the folder, such as https://example.org/paper/.');
  return url.href.replace(/\/*$/, '/');
}

/** A secret that is long enough, and safe in an address. */
export function secret(text: string): string {
  if (!/^[\w.~-]{16,}$/.test(text))
    throw new InvalidArgumentError('Expected 16 or more letters, digits, or any of - . _ ~.');
  return text;
}

/** A value that the command line writes in its own way. */
export function written<T, const O extends FlagFacts & { required?: boolean }>(
  sentence: string,
  parse: (text: string, before: T | undefined) => T,
  { required, ...cli }: O = {} as O,
) {
  const own = { required, cli: { ...cli, parse } } as { required: O['required'] };
  return made(z.custom<T>(), { kind: 'text', sentence }, own);
}

/** Several texts, the last argument of a command. */
export const texts = (sentence: string, { required, ...cli }: FlagFacts & { required?: boolean } = {}) =>
  made(z.array(z.string()), { kind: 'text', sentence, required }, { default: [], cli });

const OUTPUT = 'Output:';
const OUTPUT_NAMES = '.json, .ndjson, .jsonl, .csv, .md or .txt, unless `--format` says another';

/** Where the result of a command goes. */
export const output = (sentence = 'Write the result to FILE, in the format its name says') => ({
  format: choice('How to print the result', FORMATS, { cli: { usual: 'table', group: OUTPUT } }),
  json: flag('Short for --format json', { cli: { group: OUTPUT } }),
  output: words(sentence, {
    more: OUTPUT_NAMES,
    cli: { short: 'o', value: 'file', group: OUTPUT },
  }),
  quiet: flag('No progress and no notes on standard error', { cli: { group: OUTPUT } }),
});

/** A report as a page of its own. */
export const page = {
  report: words('Write all of it to a page of its own, with pictures, that needs no network', {
    more: '.html or .md',
    cli: { value: 'file', group: OUTPUT },
  }),
};

export const engine = {
  engine: words('Which engine computes', {
    more: '`WEIGHTSCOPE_ENGINE` says it as well',
    cli: { value: 'name', usual: 'the best one here' },
  }),
};

/** What every command that reads has. */
export const readingEngine = {
  space: words(
    'Translate the vectors to another model’s space and read them with its tokens: the model, or a file of `stitch`',
    {
      cli: { value: 'other', group: READING },
    },
  ),
  engine: as(engine.engine, { cli: { ...factsOf(engine.engine).cli, group: READING } }),
};

export const model = {
  model: words('`sample`, a path, a URL or a hub id', { required: true }),
};

/** What any model may be made of: itself with an adapter, or what it has beside its base. */
export const changes = {
  adapter: words('With this PEFT adapter in the weights: a folder, a file, a URL or a hub id', {
    cli: { value: 'adapter', group: READING },
  }),
  minus: words('Without this base: only what changed is read', { cli: { value: 'base', group: READING } }),
};

export interface ChangeFlags {
  adapter?: string;
  minus?: string;
}

export const folder = { folder: words('A folder made by `atlas build`', { required: true }) };
