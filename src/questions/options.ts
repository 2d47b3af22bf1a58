/**
 * How a reading may be made, in plain data: command line, API, page and documents take their names and sentences from
 * these tables. (The page loads this file, so nothing but such names is imported here.)
 */

export { HEAD_MATRICES as MATRICES, NEURON_PARTS } from '../reading/parts.ts';

export const EMBEDDINGS = ['unembed', 'embed', 'own'] as const;

/** Normalisers, each with what it does to a score. */
export const NORMALIZERS = {
  freq: 'Each token’s score divided by its mean over all vectors of this kind',
  none: 'Scores as they are: E x',
  cosine: 'Divided by both lengths',
} as const;

/** How tokens are written. */
export const LABELS = {
  pretty: 'with `·` for a leading space and `↵` for a newline',
  raw: 'their own text',
  notebook: 'what the paper’s notebook prints',
} as const;

/** What a reading can be asked, beside its normaliser, its embedding and its labels: the sentence of each switch. */
export const SWITCHES = {
  foldNorm: { label: 'fold norms', sentence: "Multiply the layer's norm gain into what reads the residual stream" },
  compareFold: {
    label: 'compare folding',
    sentence: 'Say of each listed entry where it stands with the norm folded in (or, with it, without)',
  },
  preview: {
    label: 'preview',
    sentence:
      'A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so, with ± beside scores',
  },
  approximate: {
    label: 'approximate',
    sentence:
      'A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is faster; says so',
  },
} as const;

/** Token filters, all of which a token must pass: the option's name, a label for a button, which tokens are kept. */
export const FILTERS = {
  onlyAscii: { label: 'ASCII', sentence: 'ASCII characters alone' },
  onlyEnglish: { label: 'English', sentence: 'ASCII letters and digits, brackets at the ends aside' },
  onlyAlnum: { label: 'letters and digits', sentence: 'Letters and digits of any script' },
  excludeBrackets: { label: 'no brackets', sentence: 'No brackets' },
  onlyFrom: { label: 'only from', sentence: 'Words with commas between: only these' },
  noSpecial: { label: 'no special', sentence: 'No special tokens' },
  noPadding: { label: 'no padding', sentence: 'No rows of E that have no token' },
  compat: { label: 'as the notebook', sentence: "Filter as the paper's notebook does, quirks included" },
} as const;
