import { z } from 'zod';
import { placeIn } from '../reading/place.ts';
import type { ReadOptions } from '../reading/types.ts';
import { EMBEDDINGS, FILTERS, LABELS, MATRICES, NEURON_PARTS, NORMALIZERS, SWITCHES } from './options.ts';

/** How a parameter is written on the command line, where that is not its name with dashes. */
export interface FlagFacts {
  /** Without the dashes: `above-rank`. Default: the parameter's name with dashes. */
  flag?: string;
  /** One letter. */
  short?: string;
  /** What stands for its value in help: `score` in `--above <score>`. */
  value?: string;
  /** Its sentence, where the command line takes something else than the API (`--only-from FILE`). */
  sentence?: string;
  /** What is said of its default, where it is no value that could be given. */
  usual?: string;
  /** Its default on the command line, where that is another than the API's. */
  default?: unknown;
  /** Flags that must not be given with it. */
  conflicts?: string[];
  /** The flag without which it has no effect. */
  needs?: string;
  /** Of what a table shows: rows for a program and JSON are whole, and are refused beside it. */
  shown?: boolean;
  /** The environment's variable that gives it too. */
  env?: string;
  /** The heading it stands under in help. */
  group?: string;
  /** More than the command line takes, and what to say then. */
  most?: readonly [number, string];
  /** A whole number that may be negative: whether it is in range is for the library to say. */
  signed?: boolean;
  /** It names a file; the words on its lines are meant. */
  lines?: boolean;
  /** It names a file whose text is meant: what that is called, and what to do where it is not there. */
  file?: readonly [what: string, advice: string];
  /** It has no name: it stands behind the model. */
  argument?: boolean;
  /** For a value that the command line writes in a way of its own: its text, and what the flag gave before it. */
  parse?: (text: string, before: never) => unknown;
}

/** What every door can know of a parameter beside its type. */
export interface Facts {
  kind: 'whole' | 'real' | 'flag' | 'choice' | 'list' | 'text' | 'layers' | 'place';
  /** What it is, without the full stop: `How many pairs to list`. */
  sentence: string;
  names?: readonly string[];
  min?: number;
  max?: number;
  default?: unknown;
  example?: unknown;
  required?: boolean;
  /** Where only an atlas is open, its default is not more than the atlas lists. */
  lists?: 'top' | 'pairs' | 'columns';
  /** Only one door has it. */
  only?: 'http' | 'cli';
  cli?: FlagFacts;
  /** Details that only docs/cli.md gives. */
  more?: string;
}

/** Parameters by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;
export type Given<S extends Shape> = { [K in keyof S]: z.output<S[K]> };

type Own<T = unknown> = Partial<Omit<Facts, 'kind' | 'sentence' | 'names' | 'default'>> & { default?: T };

/** A parameter may be left out unless it is `required` or has a default. */
type Made<S extends z.ZodType, O> = O extends { default: unknown }
  ? z.ZodDefault<S>
  : O extends { required: true }
    ? S
    : z.ZodOptional<S>;

const known = z.registry<Facts>();

/** What was said of a parameter when it was made. */
export function factsOf(schema: z.ZodType): Facts {
  const facts = known.get(schema);
  if (!facts) throw new Error('Expected a parameter made by questions/parameters.ts.');
  return facts;
}

/** Any type as a parameter. */
export function made<S extends z.ZodType, O extends Own>(schema: S, facts: Facts, own: O): Made<S, O> {
  const last = 'default' in own ? schema.default(own.default as never) : own.required ? schema : schema.optional();
  known.add(last, { ...own, ...facts });
  return last as unknown as Made<S, O>;
}

/** The same parameter with other facts, for one question. */
export function as<S extends z.ZodType>(schema: S, facts: Partial<Facts>): S {
  const copy = schema.clone() as S;
  known.add(copy, { ...factsOf(schema), ...facts });
  return copy;
}

/** Longest lists that are answered: enough for 50,000 rows of a table, few enough to hold in memory. */
export const MOST = 100_000;

const text = z.union([z.string(), z.number()]);

/*
 * Parameters as they come in a URL. A message completes the sentence "Expected `name` to be …, got …" (`errors.ts`);
 * the typed client may give numbers and booleans, the URL has their text.
 */

/** A whole number between `min` (default 0) and `max`. */
export function whole<const O extends Own<number>>(sentence: string, own: O = {} as O) {
  const { min = 0, max = MOST } = own;
  const schema = text.transform((given, context) => {
    const value = typeof given === 'string' && !/^[+-]?\d+$/.test(given.trim()) ? Number.NaN : Number(given);
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `a whole number, ${min} to ${max}` });
    return z.NEVER;
  });
  return made(schema, { kind: 'whole', sentence, min, max, default: own.default }, own);
}

/** A finite number such as 200, -1.5 or 1e3. */
export function real<const O extends Own<number>>(sentence: string, own: O = {} as O) {
  const schema = text.transform((given, context) => {
    const value = String(given).trim() === '' ? Number.NaN : Number(given);
    if (Number.isFinite(value)) return value;
    context.addIssue({ code: 'custom', message: 'a number' });
    return z.NEVER;
  });
  return made(schema, { kind: 'real', sentence, default: own.default }, own);
}

/** `true`, `1` or nothing after the name; `false` or `0`. */
export function flag<const O extends Own<boolean>>(sentence: string, own: O = {} as O) {
  const schema = z.union([z.boolean(), z.string()]).transform((given, context) => {
    const value = String(given);
    if (['true', '1', ''].includes(value)) return true;
    if (['false', '0'].includes(value)) return false;
    context.addIssue({ code: 'custom', message: '`true` or `false`' });
    return z.NEVER;
  });
  return made(schema, { kind: 'flag', sentence, default: own.default }, own);
}

/** One of `names`. */
export function choice<const T extends string, const O extends Own<NoInfer<T>>>(
  sentence: string,
  names: readonly T[],
  own: O = {} as O,
) {
  return made(z.enum(names), { kind: 'choice', sentence, names, default: own.default }, own);
}

/** One or several of `names` with commas between, in their own order. */
export function listOf<const T extends string, const O extends Own>(
  sentence: string,
  names: readonly T[],
  own: O = {} as O,
) {
  const schema = z.string().transform((given, context) => {
    const chosen = given.split(',').map((name) => name.trim());
    if (chosen.every((name) => (names as readonly string[]).includes(name)))
      return names.filter((name) => chosen.includes(name));
    context.addIssue({ code: 'custom', message: `${names.join(', ')}, or several with commas between` });
    return z.NEVER;
  });
  return made(schema, { kind: 'list', sentence, names, default: own.default }, own);
}

/** Text of at most `max` characters (2,000); an empty one only where `min` is 0. */
export function words<const O extends Own<string>>(sentence: string, own: O = {} as O) {
  const { min = 1, max = 2000 } = own;
  const schema = z.string().min(min, 'text').max(max, `at most ${max} characters`);
  return made(schema, { kind: 'text', sentence, default: own.default }, own);
}

/** `0,2-3` as layer numbers, ascending; undefined where it is written otherwise. */
export function layersIn(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, -1];
    if (last < first || last - first > MOST) return undefined;
    for (let layer = first; layer <= last; layer++) found.add(layer);
  }
  return [...found].sort((a, b) => a - b);
}

/** Layers such as 0,2-3. */
export function layers<const O extends Own>(sentence: string, own: O = {} as O) {
  const schema = z.string().transform((given, context) => {
    const found = layersIn(given);
    if (found) return found;
    context.addIssue({ code: 'custom', message: 'layers such as 0,2-3' });
    return z.NEVER;
  });
  return made(schema, { kind: 'layers', sentence }, own);
}

/** A head, LAYER:HEAD. */
export function headPlace<const O extends Own>(sentence: string, own: O = {} as O) {
  const schema = z.string().transform((given, context) => {
    const found = placeIn(given);
    if (found && found.kind !== 'neuron') return [found.layer, found.index] as [layer: number, head: number];
    context.addIssue({ code: 'custom', message: 'LAYER:HEAD such as 3:1' });
    return z.NEVER;
  });
  return made(schema, { kind: 'place', sentence }, own);
}

/** A part of a path that counts: a layer, a neuron, a head, a token. */
export function index(sentence: string, cli: FlagFacts = {}) {
  const schema = z.string().transform((given, context) => {
    if (/^\d{1,7}$/.test(given)) return Number(given);
    context.addIssue({ code: 'custom', message: 'a whole number, 0 or more' });
    return z.NEVER;
  });
  const own = { required: true, example: 1, cli: { signed: true, ...cli } } as const;
  return made(schema, { kind: 'whole', sentence, min: 0 }, own);
}

/** The opened model that is asked, the first part of nearly every path. */
export const model = { model: words('The id of an opened model', { min: 0, required: true, example: 'sample' }) };

/**
 * The other of two models that a question compares: an opened one's id in the API, the second argument of a command.
 * Whatever has it is given that checkpoint as well (`question.ts`).
 */
export const second = {
  second: words('The id of the other opened model', {
    min: 0,
    required: true,
    example: 'sample',
    cli: { argument: true, value: 'other', sentence: 'The other model: `sample`, a path, a URL or a hub id' },
  }),
};

/** Headings of help. */
export const READING = 'Reading:';
const FILTERING = 'Only tokens that pass all of:';
const keys = <T extends object>(of: T) => Object.keys(of) as (keyof T & string)[];
const fold = { cli: { group: READING } };

/** What every reading takes. */
export const reading = {
  normalize: choice('How scores are made comparable', keys(NORMALIZERS), {
    cli: { value: 'how', group: READING, default: 'freq' },
  }),
  foldNorm: flag(SWITCHES.foldNorm.sentence, fold),
  compareFold: flag(SWITCHES.compareFold.sentence, fold),
  embedding: choice(
    'The matrix that vectors are read with; own: what is read with embed, what is written with unembed',
    EMBEDDINGS,
    {
      cli: { value: 'which', group: READING, usual: 'unembed' },
    },
  ),
  approximate: flag(SWITCHES.approximate.sentence, fold),
  label: choice('How tokens are written', keys(LABELS), {
    cli: { value: 'style', group: READING, usual: 'pretty' },
    more: keys(LABELS)
      .map((style) => `\`${style}\` ${LABELS[style]}`)
      .join(', '),
  }),
};

/** Of what shows words at once where the exact ones would take a pass over all layers. */
export const preview = {
  preview: flag(SWITCHES.preview.sentence, { cli: { group: READING, conflicts: ['approximate'] } }),
};

const only = (name: keyof typeof FILTERS) => flag(FILTERS[name].sentence, { cli: { group: FILTERING } });

/** Only tokens that pass all of these. */
export const filters = {
  onlyAscii: only('onlyAscii'),
  onlyEnglish: only('onlyEnglish'),
  onlyAlnum: only('onlyAlnum'),
  excludeBrackets: only('excludeBrackets'),
  onlyFrom: words(FILTERS.onlyFrom.sentence, {
    max: 20_000,
    cli: { value: 'file', sentence: 'Words of a list, one per line', lines: true, group: FILTERING },
  }),
  noSpecial: only('noSpecial'),
  noPadding: only('noPadding'),
  compat: only('compat'),
};

/** Whether a reading says what chance gives: a command does unless told not to; over HTTP it is asked for. */
export const chance = {
  chance: flag("Say of each list's first score what random directions or heads and shuffled words give", {
    only: 'http',
  }),
  noChance: flag("Without what chance gives for each list's first score", { only: 'cli', cli: { group: READING } }),
};

export const expert = whole("Whose neuron, in a model with experts, the shared one counted last; default the first's", {
  max: 10_000,
  cli: { sentence: 'Whose neuron, in a model with experts (a shared one is the last)', usual: '0', signed: true },
});

export const matrix = choice('Which of the two matrices', MATRICES, { default: 'vo' });
export const part = choice('Whose vector', NEURON_PARTS, { default: 'value' });

/** What may be said of a reading. */
export type Said = { preview?: boolean | undefined } & {
  [K in keyof typeof reading]?: z.output<(typeof reading)[K]>;
} & {
  [K in keyof typeof filters]?: z.output<(typeof filters)[K]> | readonly string[];
};

/** The library's options of what was asked. */
export function readOptions({
  normalize,
  foldNorm,
  compareFold,
  embedding,
  approximate,
  preview,
  label,
  ...asked
}: Said): ReadOptions {
  const given = Object.keys(FILTERS).map((name) => [name, asked[name as keyof typeof filters]] as const);
  const split = (value: unknown) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value);
  return {
    normalize,
    foldNorm,
    embedding,
    approximate,
    ...(preview && { preview }),
    compareFold,
    labels: label,
    filters: Object.fromEntries(given.filter(([, value]) => value).map(([name, value]) => [name, split(value)])),
  };
}

/** For a link that a person follows; programs may send `Accept` instead. Every question that has a table has it. */
export const format = choice(
  'The answer as a table, as `Accept: application/vnd.apache.parquet` or `text/csv` ask for too',
  ['json', 'parquet', 'csv'],
  { only: 'http' },
);
