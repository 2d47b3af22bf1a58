/**
 * What a command has to say, in one neutral form that every renderer takes: `json` and `records` for programs,
 * `groups` for people. Reports are made from readings in `../report/`.
 */
export interface Report {
  /** What it is about: `neuron 4:100 of sample`. */
  title: string;
  /** What was applied to get the numbers: normaliser, folding, filters, order. */
  applied: string[];
  groups: Group[];
  /** What a reader must know besides: sentences under the tables. */
  notes: string[];
  /** The value that `--format json` prints. */
  json: unknown;
  /** One flat or nested object per line of `ndjson` and `csv`. */
  records: () => Iterable<object>;
  /** The same as a picture, SVG, where it can be drawn: `-o heat.svg`. */
  picture?: () => string;
  /** Pictures for the page that `--report page.html` writes, SVG. */
  pictures?: () => string[];
}

/** Blocks that belong side by side, as far as the terminal's width allows. */
export interface Group {
  title?: string;
  /** A sentence or two under the title. */
  text?: string;
  /** Numbers the rows. */
  ranked?: boolean;
  blocks: Block[];
}

/** A small table with its own heading. */
export interface Block {
  heading?: string;
  tone?: Tone;
  columns: Column[];
  rows: Rows;
  /** What is to be said of the whole, under the tables of the group. */
  footer?: Footer;
}

/** `VO  29,769 pairs`, then lists of words, wrapped to the width. */
export interface Footer {
  name: string;
  text: string;
  lists: { name: string; items: string[] }[];
}

/** Rows that are made when they are asked for, or an array of them. */
export interface Rows {
  readonly length: number;
  at(row: number): string[] | undefined;
}

/** `read`: what a parameter answers to; `write`: what it adds; `low`: the other end of a ranking. */
export type Tone = 'read' | 'write' | 'low' | 'plain';

export interface Column {
  /** Heading in markdown, and in tables where `shown`. */
  name: string;
  align?: 'left' | 'right';
  /** Printed faintly: scores, arrows. */
  faint?: boolean;
  /** May be cut with `…` when the terminal is narrow. */
  flexible?: boolean;
  /** Goes on below instead of being cut. */
  wraps?: boolean;
  /** Spaces before it; 2 unless given. */
  gap?: number;
  /** Print the column's name above it. */
  shown?: boolean;
}
