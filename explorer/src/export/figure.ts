import type { ModelInfo } from '../api/types.ts';
import { formatCount, plural } from '../format.ts';
import { FILTERS, type ReadingSearch, splitFilters } from '../state/reading-search.ts';

/** A colour of the drawing and what it stands for. */
export interface LegendEntry {
  /** A colour of theme.css: `read`. */
  tone: string;
  label: string;
}

/** A drawing with what a reader of a paper must know of it. */
export interface Figure {
  /** `Head 1:5: pairs of QK` */
  title: string;
  /** What is drawn and how many: `the 68 strongest of 200 listed pairs`. */
  what: string;
  /** What the directions and numbers mean, units included: `across: score; up: tokens (square root)`. */
  axes?: string;
  legend?: readonly LegendEntry[];
  /** The normaliser where the address names none; without it the numbers are no scores of tokens. */
  normalised?: 'freq' | 'cosine';
  /** Which pairs of words are not in it. */
  excluded?: 'same' | 'fuzzy' | undefined;
  /** The drawing on the page, or one made as text. */
  svg: () => SVGSVGElement | string | null | undefined;
}

/** Where a figure is from. */
export interface Origin {
  model: ModelInfo | undefined;
  version: string | undefined;
  search: ReadingSearch;
  /** The address of the view. */
  link: string;
}

/** What stands under a figure, a line each; long ones are wrapped by who draws them. */
export function factsOf(figure: Figure, { model, version, search }: Origin): string[] {
  return [
    figure.what,
    ...(figure.axes ? [figure.axes] : []),
    ...(figure.normalised ? [readingLine(search, figure.normalised, figure.excluded)] : []),
    [...(model ? [modelLine(model)] : []), `weightscope${version ? ` ${version}` : ''}`].join(' · '),
  ];
}

/** The same as one paragraph to stand in a paper, with the address. */
export function captionOf(figure: Figure, origin: Origin): string {
  const legend = figure.legend?.map(({ tone, label }) => `${COLOURS[tone] ?? tone}: ${label}`).join('; ');
  const facts = factsOf(figure, origin);
  // A model's name, and weightscope's, are written as they are.
  const from = `${origin.model ? 'Model ' : ''}${facts.pop()}`;
  const begun = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
  const sentences = [...[figure.title, ...facts].map(begun), from, ...(legend ? [begun(legend)] : [])];
  return [`${sentences.join('. ')}.`, ...(isOfThisMachine(origin.link) ? [] : [origin.link])].join(' ');
}

/** Readers of a paper cannot follow such an address. */
const isOfThisMachine = (link: string): boolean => /^(127\.|localhost$|\[::1\]$)/.test(new URL(link).hostname);

/** Of what is drawn from a preview, which every form of it must say. */
export const sampleInWords = (sample: { vectors: number; of: number } | undefined): string =>
  sample ? `; a preview: freq is taken from ${formatCount(sample.vectors)} of ${formatCount(sample.of)} vectors` : '';

/** What the colours are called where they cannot be seen. */
const COLOURS: Record<string, string> = {
  read: 'teal',
  write: 'orange',
  opposite: 'violet',
  // Beside one another in one drawing, on light paper and on dark.
  neutral: 'strong grey',
  edge: 'faint grey',
  ink: 'black',
};

/** `normalised by freq · norm not folded in · only ASCII` */
export function readingLine(
  { normalize, fold, embedding, filters }: ReadingSearch,
  usual: 'freq' | 'cosine',
  excluded?: 'same' | 'fuzzy',
): string {
  const kept = splitFilters(filters).map((name) => FILTERS.find((filter) => filter.name === name)!.label);
  return [
    (normalize ?? usual) === 'none' ? 'not normalised' : `normalised by ${normalize ?? usual}`,
    fold ? 'norm folded in' : 'norm not folded in',
    ...(embedding === 'own' ? ['each side by its own embedding'] : []),
    kept.length === 0 ? 'all tokens' : `only tokens that pass: ${kept.join(', ')}`,
    ...(excluded ? [excluded === 'same' ? 'same words left out' : 'same and similar words left out'] : []),
  ].join(' · ');
}

function modelLine({ id, name, type, architecture, layers, fingerprint }: ModelInfo): string {
  const named = name === id ? id : `${id} (${name})`;
  return `${named}, ${type || architecture}, ${plural(layers, 'layer')} · fingerprint ${fingerprint.slice(0, 16)}`;
}
