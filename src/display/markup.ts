import { cut } from '../quote.ts';

/** A piece of HTML that is safe to put into a page. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Piece = Markup | string | number | undefined | false | readonly Piece[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * HTML in which every value stands as text, unless it is {@link Markup} itself: tokens of a vocabulary may be anything.
 */
export const html = (strings: TemplateStringsArray, ...values: Piece[]): Markup =>
  new Markup(strings.reduce((made, text, i) => made + safe(values[i - 1]) + text));

function safe(value: Piece): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(safe).join('');
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

const LONGEST = 120;

/** Four digits that count; whole numbers with their commas. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return cut(String(value), LONGEST);
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '-∞' : '–';
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
}
