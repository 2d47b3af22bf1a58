import type { Table } from '../questions/table.ts';
import { framesOf, isRecord } from './frames.ts';
import { pairList, plainTable, wordList } from './lists.ts';
import { html, Markup, written } from './markup.ts';
import { heatMapPicture, histogramPicture } from './pictures.ts';
import { howOf, titleOf } from './said.ts';
import { STYLE } from './style.ts';

type Fields = Record<string, unknown>;

export interface DisplayOptions {
  /** What is shown; default what the reading says of itself. */
  title?: string;
  /** The question's own table, where its answer is one. */
  table?: Table;
}

const WORDS = {
  key: 'key (reads)',
  up: 'up (reads)',
  value: 'value (writes)',
  vo: 'VO (reads → writes)',
  qk: 'QK (query → key)',
};
const named = (name: string): string => WORDS[name as keyof typeof WORDS] ?? name;

/**
 * A reading as HTML that stands by itself, for a notebook: words and pairs with bars, heat maps and histograms as SVG,
 * anything else as tables. All text of a model is escaped.
 */
export function readingHtml(reading: unknown, { title, table }: DisplayOptions = {}): string {
  const heading = title ?? (isRecord(reading) ? titleOf(reading) : '');
  const shape = isRecord(reading) ? SHAPES.map((of) => of(reading)).find((made) => made !== undefined) : undefined;
  const said = isRecord(reading) ? howOf(reading) : '';
  const made = html`<div class="weightscope-reading"><style>${new Markup(STYLE)}</style>${heading !== '' && html`<h4>${heading}</h4>`}${said !== '' && html`<p>${said}</p>`}<div class="lists">${shape ?? tables(reading, table)}</div></div>`;
  return made.text;
}

/** What a terminal shows: the title, and the first words. */
export function readingText(reading: unknown, { title }: DisplayOptions = {}): string {
  if (Array.isArray(reading)) return title ?? `${reading.length} rows`;
  if (!isRecord(reading)) return title ?? String(reading);
  const lists = wordLists(reading).map(([name, words]) => `${name}: ${words.map(({ label }) => label).join(' ')}`);
  return [title ?? titleOf(reading), ...lists].filter(Boolean).join('\n');
}

type Words = readonly { label: string; score: number }[];

const isWords = (list: unknown): list is Words =>
  Array.isArray(list) && list.every((word) => isRecord(word) && 'label' in word && typeof word.score === 'number');

/** Lists of words with what they are called. */
function wordLists(reading: Fields): [string, Words][] {
  const ends = (name: string, of: unknown): [string, Words][] => {
    if (!isRecord(of) || !isWords(of.top) || !isWords(of.bottom)) return [];
    const low: [string, Words][] = of.bottom.length > 0 ? [[`${name}, lowest`, of.bottom]] : [];
    return [[name, of.top], ...low];
  };
  const parts = isRecord(reading.parts) ? Object.entries(reading.parts) : [];
  return [...parts.flatMap(([name, of]) => ends(named(name), of)), ...ends('highest', reading)];
}

type Shape = (reading: Fields) => Markup | readonly Markup[] | undefined;

const words: Shape = (reading) => {
  const lists = wordLists(reading);
  return lists.length > 0 ? lists.map(([name, list]) => wordList(name, list)) : undefined;
};

const pairs: Shape = (reading) => {
  const found = (['vo', 'qk'] as const).flatMap((matrix) => {
    const of = reading[matrix];
    if (!isRecord(of) || !Array.isArray(of.pairs)) return [];
    const threshold = [
      of.above !== undefined && `above ${written(of.above)}`,
      of.below !== undefined && `below ${written(of.below)}`,
    ].filter(Boolean);
    const count = of.count === undefined ? '' : `: ${[written(of.count), 'pairs', ...threshold].join(' ')}`;
    return [pairList(named(matrix) + count, of.pairs)];
  });
  return found.length > 0 ? found : undefined;
};

const labels = (list: unknown): string[] =>
  (Array.isArray(list) ? list : []).map((one) => (isRecord(one) ? String(one.label) : String(one)));

const heatMap: Shape = ({ first, second, scores, layersA, layersB, means }) => {
  const [rows, columns, numbers] = Array.isArray(scores) ? [first, second, scores] : [layersA, layersB, means];
  if (!Array.isArray(rows) || !Array.isArray(columns) || !Array.isArray(numbers)) return undefined;
  return heatMapPicture(labels(rows), labels(columns), numbers);
};

const histograms: Shape = ({ parts }) => {
  if (!isRecord(parts)) return undefined;
  const found = Object.entries(parts).flatMap(([name, of]) =>
    isRecord(of) && Array.isArray(of.edges) && Array.isArray(of.counts)
      ? [histogramPicture(named(name), of.edges, of.counts)]
      : [],
  );
  return found.length > 0 ? found : undefined;
};

/** Tried in this order. */
const SHAPES = [words, pairs, heatMap, histograms];

/** Everything else: the question's own table, or all tables that are in it. */
function tables(reading: unknown, table: Table | undefined): Markup | Markup[] {
  if (table) return plainTable('', table);
  return Object.entries(framesOf(reading)).map(([name, frame]) => plainTable(name, frame, 20));
}
