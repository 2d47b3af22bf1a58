import { type Command, InvalidArgumentError, Option } from 'commander';
import { EMBEDDINGS } from '../questions/options.ts';
import type { EmbeddingChoice } from '../reading/embedding.ts';
import type { Normalize } from '../reading/types.ts';
import type { LabelStyle } from '../vocabulary/types.ts';

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

export interface ReadFlags extends EngineFlags {
  normalize: Normalize;
  /** Absent: `unembed`, on both sides. */
  embedding?: EmbeddingChoice;
  foldNorm?: boolean;
  approximate?: boolean;
  label?: LabelStyle;
}

/** `--no-special` and `--no-padding` arrive as `special: false`, `padding: false`. */
export interface FilterFlags {
  onlyAscii?: boolean;
  onlyEnglish?: boolean;
  onlyAlnum?: boolean;
  excludeBrackets?: boolean;
  onlyFrom?: string;
  special: boolean;
  padding: boolean;
  compat?: boolean;
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

/** More pairs than anyone reads; each is held until all are known. */
const MOST_PAIRS = 10_000_000;

/** How many pairs to list. */
export function pairs(text: string): number {
  const wanted = amount(text);
  if (wanted <= MOST_PAIRS) return wanted;
  throw new InvalidArgumentError(
    `Expected at most ${MOST_PAIRS.toLocaleString('en-US')} pairs; --above and --count say how many there are.`,
  );
}

/** A number such as 200, -1.5 or 1e3. */
export function real(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** An option whose value is one or several of `names`, with commas between; given in their order. */
export function listOption(flags: string, text: string, names: readonly string[]): Option {
  const option = new Option(flags, text).argParser((given: string) => {
    const chosen = given.split(',').map((name) => name.trim());
    if (!chosen.every((name) => names.includes(name))) {
      throw new InvalidArgumentError(`Expected ${names.join(', ')}, or several with commas between.`);
    }
    return names.filter((name) => chosen.includes(name));
  });
  option.argChoices = [...names]; // For help and completion; the parser above checks.
  return option;
}

/** `3:100` as layer and index, gathered over repeated uses of the option. */
export function places(text: string, before: [number, number][] | undefined): [number, number][] {
  const match = /^(\d+):(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected LAYER:INDEX, for example 3:100.');
  return [...(before ?? []), [Number(match[1]), Number(match[2])]];
}

/** `0,2-3` as layer numbers, ascending. */
export function ranges(text: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, -1];
    if (last < first) throw new InvalidArgumentError('Expected layers such as 0,2-3.');
    for (let layer = first; layer <= last; layer++) found.add(layer);
  }
  return [...found].sort((a, b) => a - b);
}

const choice = (flags: string, text: string, names: readonly string[]) => new Option(flags, text).choices(names);

export function addOutputOptions(
  command: Command,
  output = 'write the result to FILE, in the format its name says',
): void {
  command.optionsGroup('Output:');
  command.addOption(choice('--format <format>', 'how to print the result (default: table)', FORMATS));
  command.option('--json', 'short for --format json');
  command.option('-o, --output <file>', output);
  command.option('--quiet', 'no progress and no notes on standard error');
}

export function addEngineOption(command: Command): void {
  command.option('--engine <name>', 'which engine computes (default: the best one here)');
}

export function addEmbeddingOption(command: Command): void {
  command.addOption(
    choice(
      '--embedding <which>',
      'the matrix that vectors are read with; own: embed for what is read, unembed for what is written (default: unembed)',
      EMBEDDINGS,
    ),
  );
}

export function addReadOptions(command: Command, normalize: Normalize): void {
  command.optionsGroup('Reading:');
  command.addOption(
    choice('--normalize <how>', 'how scores are made comparable', ['freq', 'none', 'cosine']).default(normalize),
  );
  command.option('--fold-norm', "multiply the layer's norm gain into what reads the residual stream");
  addEmbeddingOption(command);
  command.option(
    '--approximate',
    'a freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is faster; says so',
  );
  command.addOption(
    choice('--label <style>', 'how tokens are written (default: pretty)', ['pretty', 'raw', 'notebook']),
  );
  addEngineOption(command);
}

export function addFilterOptions(
  command: Command,
  compat = "filter as the paper's notebook does, quirks included",
): void {
  command.optionsGroup('Only tokens that pass all of:');
  command.option('--only-ascii', 'ASCII characters alone');
  command.option('--only-english', 'ASCII letters and digits, brackets at the ends aside');
  command.option('--only-alnum', 'letters and digits of any script');
  command.option('--exclude-brackets', 'no brackets');
  command.option('--only-from <file>', 'words of a list, one per line');
  command.option('--no-special', 'no special tokens');
  command.option('--no-padding', 'no rows of E that have no token');
  command.option('--compat', compat);
}
