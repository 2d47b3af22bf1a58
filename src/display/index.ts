/** Readings that show themselves: in a Jupyter notebook of Deno, in Observable, in any page. Runs everywhere. */
import { type DisplayOptions, readingHtml, readingText } from './reading.ts';

export { type Frames, framesOf } from './frames.ts';
export { type DisplayOptions, readingHtml, readingText } from './reading.ts';

/** What Deno's Jupyter kernel asks a cell's last value for. */
const DISPLAY = Symbol.for('Jupyter.display');

/** What a notebook can show, by media type. */
export type MimeBundle = { 'text/html': string; 'text/plain': string };

/** A reading that shows itself. */
export interface Shown {
  /** Its HTML. */
  toString(): string;
}

/**
 * A reading to be shown: where there is a `document` (Observable, a page) an element, elsewhere an object that Deno's
 * Jupyter kernel shows.
 */
export function show(reading: unknown, options: DisplayOptions = {}): Shown {
  const html = readingHtml(reading, options);
  if (typeof globalThis.document !== 'undefined') {
    const holder = globalThis.document.createElement('div');
    holder.innerHTML = html;
    const made = holder.firstElementChild!;
    made.toString = () => html;
    return made;
  }
  return Object.defineProperty({ toString: () => html }, DISPLAY, { value: () => bundle(reading, html, options) });
}

const bundle = (reading: unknown, html: string, options: DisplayOptions): MimeBundle => ({
  'text/html': html,
  'text/plain': readingText(reading, options),
});

/**
 * The same library, whose readings show themselves as the last value of a cell: what a function gives, at once or after
 * a while, gets a display beside its own fields, which no loop and no JSON sees.
 */
export function displaying<T extends object>(library: T): T {
  const shows = <V>(value: V): V => {
    const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    if (!plain || DISPLAY in value || !Object.isExtensible(value)) return value;
    return Object.defineProperty(value, DISPLAY, { value: () => bundle(value, readingHtml(value), {}) });
  };
  const wrapped = (given: unknown): unknown => {
    if (typeof given !== 'function' || /^class\b/.test(Function.prototype.toString.call(given))) return given;
    return (...args: unknown[]) => {
      const made = given(...args);
      return made instanceof Promise ? made.then(shows) : shows(made);
    };
  };
  return Object.fromEntries(Object.entries(library).map(([name, given]) => [name, wrapped(given)])) as T;
}
