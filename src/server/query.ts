import { z } from '@hono/zod-openapi';

/**
 * Parameters as they come in a URL. A message completes the sentence "Expected `name` to be …, got …" (`errors.ts`); the
 * typed client may give numbers and booleans, the URL has their text.
 */

export interface Range {
  min?: number;
  max?: number;
  example?: number;
}

/** Longest lists that are answered: enough for 50,000 rows of a table, few enough to hold in memory. */
export const MOST = 100_000;

const text = z.union([z.string(), z.number()]);

/** A whole number between `min` (default 0) and `max`. */
export function whole(description: string, { min = 0, max = MOST, example }: Range = {}) {
  return text
    .transform((given, context) => {
      const value = typeof given === 'string' && !/^[+-]?\d+$/.test(given.trim()) ? Number.NaN : Number(given);
      if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: `a whole number, ${min} to ${max}` });
      return z.NEVER;
    })
    .openapi({ type: 'integer', minimum: min, maximum: max, description, example });
}

/** A finite number such as 200, -1.5 or 1e3. */
export function real(description: string) {
  return text
    .transform((given, context) => {
      const value = String(given).trim() === '' ? Number.NaN : Number(given);
      if (Number.isFinite(value)) return value;
      context.addIssue({ code: 'custom', message: 'a number' });
      return z.NEVER;
    })
    .openapi({ type: 'number', description });
}

/** `true`, `1` or nothing after the name; `false` or `0`. */
export function flag(description: string) {
  return z
    .union([z.boolean(), z.string()])
    .transform((given, context) => {
      const value = String(given);
      if (['true', '1', ''].includes(value)) return true;
      if (['false', '0'].includes(value)) return false;
      context.addIssue({ code: 'custom', message: '`true` or `false`' });
      return z.NEVER;
    })
    .openapi({ type: 'boolean', description });
}

/** One or several of `names` with commas between, in their own order. */
export function listOf<const T extends string>(names: readonly T[], description: string) {
  return z
    .string()
    .transform((given, context) => {
      const chosen = given.split(',').map((name) => name.trim());
      if (chosen.every((name) => (names as readonly string[]).includes(name)))
        return names.filter((name) => chosen.includes(name));
      context.addIssue({ code: 'custom', message: `${names.join(', ')}, or several with commas between` });
      return z.NEVER;
    })
    .openapi({ type: 'string', description, example: names.join(',') });
}

/** Text of a bounded length; an empty one only where `min` is 0. */
export const words = (description: string, { min = 1, max = 2000 } = {}) =>
  z.string().min(min, 'text').max(max, `at most ${max} characters`).openapi({ description });

export const modelParam = z.object({
  model: z
    .string()
    .openapi({ param: { name: 'model', in: 'path' }, description: 'The id of an opened model', example: 'sample' }),
});

const place = (name: string, description: string) =>
  z
    .string()
    .transform((given, context) => {
      if (/^\d{1,7}$/.test(given)) return Number(given);
      context.addIssue({ code: 'custom', message: 'a whole number, 0 or more' });
      return z.NEVER;
    })
    .openapi({ param: { name, in: 'path' }, type: 'integer', minimum: 0, description, example: 1 });

export const neuronParams = modelParam.extend({
  layer: place('layer', 'Counted from 0'),
  neuron: place('neuron', 'Counted from 0'),
});
export const headParams = modelParam.extend({
  layer: place('layer', 'Counted from 0'),
  head: place('head', 'Counted from 0'),
});
export const tokenParams = modelParam.extend({ id: place('id', 'A row of E') });

export const NEURON_PARTS = ['key', 'up', 'value'] as const;
export const MATRICES = ['vo', 'qk'] as const;

/** What every reading takes. */
export const reading = {
  normalize: z.enum(['freq', 'none', 'cosine']).optional().openapi({ description: 'How scores are made comparable' }),
  foldNorm: flag("Multiply the layer's norm gain into what reads the residual stream").optional(),
  embedding: z.enum(['unembed', 'embed']).optional().openapi({ description: 'The matrix that vectors are read with' }),
  approximate: flag(
    'A freq normaliser that is not cached may err by up to 1e-4 where that is faster; says so',
  ).optional(),
  label: z.enum(['pretty', 'raw', 'notebook']).optional().openapi({ description: 'How tokens are written' }),
};

/** Only tokens that pass all of these. */
export const filters = {
  onlyAscii: flag('ASCII characters alone').optional(),
  onlyEnglish: flag('ASCII letters and digits, brackets at the ends aside').optional(),
  onlyAlnum: flag('Letters and digits of any script').optional(),
  excludeBrackets: flag('No brackets').optional(),
  onlyFrom: words('Words with commas between: only these', { max: 20_000 }).optional(),
  noSpecial: flag('No special tokens').optional(),
  noPadding: flag('No rows of E that have no token').optional(),
  compat: flag("Filter as the paper's notebook does, quirks included").optional(),
};

export const expert = whole("Whose neuron, in a model with experts; default the first's", { max: 10_000 }).optional();
export const matrix = z.enum(MATRICES).default('vo').openapi({ description: 'Which of the two matrices' });

type Reading = { [K in keyof typeof reading]?: z.output<(typeof reading)[K]> };
type Filters = { [K in keyof typeof filters]?: z.output<(typeof filters)[K]> };

/** The library's options of what a URL says. */
export function readOptions(query: Reading & Filters) {
  const { normalize, foldNorm, embedding, approximate, label } = query;
  const { onlyAscii, onlyEnglish, onlyAlnum, excludeBrackets, onlyFrom, noSpecial, noPadding, compat } = query;
  const given = {
    onlyAscii,
    onlyEnglish,
    onlyAlnum,
    excludeBrackets,
    onlyFrom: onlyFrom?.split(',').map((word) => word.trim()),
    noSpecial,
    noPadding,
    compat,
  };
  return {
    normalize,
    foldNorm,
    embedding,
    approximate,
    labels: label,
    filters: Object.fromEntries(Object.entries(given).filter(([, value]) => value)),
  };
}

/** For a link that a person follows; programs may send `Accept` instead. */
export const format = z.enum(['json', 'parquet', 'csv']).optional().openapi({
  description: 'The answer as a table, as `Accept: application/vnd.apache.parquet` or `text/csv` ask for too',
});
