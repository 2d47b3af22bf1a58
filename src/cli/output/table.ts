import { printable } from '../../quote.ts';
import type { Block, Column, Group, Report } from './report.ts';
import type { Style, Terminal } from './terminal.ts';
import * as raw from './width.ts';

const MARGIN = 2;
const CELL_GAP = 2;
const BLOCK_GAP = 4;
/** A flexible column is not cut below this: fewer blocks stand side by side instead. */
const MIN_FLEXIBLE = 10;

/** Most text has nothing to hide, and that is seen sooner than each character is looked up. */
const PLAIN = /^[\x20-\x7e]*$/;
const shown = (text: string): string => (PLAIN.test(text) ? text : printable(text));

// Whatever a file says goes through these before it is measured and printed: nothing of it is obeyed by a terminal.
const displayWidth = (text: string): number => raw.displayWidth(shown(text));
const truncate = (text: string, columns: number): string => raw.truncate(shown(text), columns);
const fit = (text: string, columns: number, align: 'left' | 'right'): string => raw.fit(shown(text), columns, align);

/**
 * The report as aligned columns, line by line: blocks of a group stand side by side as far as they fit, the rest below.
 */
export function* renderTable(report: Report, { columns, style }: Terminal): Generator<string> {
  let any = false;
  for (const line of tableLines(report, columns, style)) {
    // An empty line separates, it does not begin.
    if (line === '' && !any) continue;
    any = true;
    yield `${line}\n`;
  }
  if (!any) yield '\n';
}

function* tableLines(report: Report, columns: number, style: Style): Generator<string> {
  if (report.title) yield style.title(truncate(report.title, columns));
  if (report.applied.length) yield* wrap(report.applied, ' · ', columns).map(style.faint);
  for (const group of report.groups) {
    if (group.title || group.text) yield '';
    if (group.title) yield style.title(truncate(group.title, columns));
    if (group.text) yield* wrapWords(group.text, columns).map(style.faint);
    for (const strip of strips(group, columns)) {
      yield '';
      yield* renderStrip(strip, group.ranked ?? false, columns, style);
    }
  }
  if (report.notes.length) yield '';
  for (const note of report.notes) yield* wrapWords(note, columns).map(style.faint);
}

/**
 * Blocks of one group, split into rows of blocks that fit the width with their flexible columns cut at most to the
 * minimum.
 */
function strips(group: Group, columns: number): Block[][] {
  const out: Block[][] = [];
  let used = 0;
  for (const block of group.blocks) {
    const width = blockWidth(block, minimalWidths(block));
    if (out.length && used + BLOCK_GAP + width <= columns) {
      out[out.length - 1].push(block);
      used += BLOCK_GAP + width;
    } else {
      out.push([block]);
      used = gutterWidth(group) + width;
    }
  }
  return out;
}

function* renderStrip(blocks: Block[], ranked: boolean, columns: number, style: Style): Generator<string> {
  const gutter = gutterWidth({ ranked, blocks });
  const available = columns - gutter - BLOCK_GAP * (blocks.length - 1);
  const widths = share(blocks, available);
  const totals = widths.map((width, i) => blockWidth(blocks[i], width));
  const beside = (cells: string[]) => cells.join(' '.repeat(BLOCK_GAP)).trimEnd();
  const headings = blocks.map((block, i) => {
    const text = fit(block.heading ?? '', totals[i], 'left');
    return style[block.tone ?? 'plain'](text.trimEnd()) + text.slice(text.trimEnd().length);
  });
  if (blocks.some((block) => block.heading)) yield ' '.repeat(gutter) + beside(headings);
  if (blocks.some((block) => block.columns.some((column) => column.shown))) {
    const names = blocks.map((block, i) =>
      row(
        block.columns.map((column) => (column.shown ? column.name : '')),
        block.columns.map((column) => ({ ...column, faint: true })),
        widths[i],
        style,
      ),
    );
    yield ' '.repeat(gutter) + beside(names);
  }
  const height = Math.max(...blocks.map((block) => block.rows.length));
  for (let r = 0; r < height; r++) {
    const cells = blocks.map((block, i) => {
      const row = block.rows.at(r);
      return row ? rowLines(row, block.columns, widths[i]) : [];
    });
    const number = ranked ? style.faint(fit(String(r + 1), gutter - CELL_GAP, 'right')) + ' '.repeat(CELL_GAP) : '';
    for (let l = 0; l < Math.max(...cells.map((each) => each.length)); l++) {
      const line = cells.map((each, i) =>
        each[l] ? row(each[l], blocks[i].columns, widths[i], style) : ' '.repeat(totals[i]),
      );
      yield (l === 0 && number ? number : ' '.repeat(gutter)) + beside(line);
    }
  }
  const footed = blocks.filter((block) => block.footer);
  if (footed.length) yield '';
  for (const block of footed) yield* footerLines(block, columns, style);
}

function footerLines({ footer, tone = 'plain' }: Block, columns: number, style: Style): string[] {
  const { name, text, lists } = footer!;
  const indent = MARGIN + displayWidth(name) + CELL_GAP;
  const names = Math.max(...lists.map((list) => displayWidth(list.name)));
  const lines = [
    `${' '.repeat(MARGIN)}${style[tone](shown(name))}${' '.repeat(CELL_GAP)}${truncate(text, columns - indent)}`,
  ];
  for (const { name: label, items } of lists) {
    const start = indent + names + CELL_GAP;
    const [first = '–', ...rest] = wrap(items, '  ', columns - start);
    lines.push(`${' '.repeat(indent)}${style.faint(fit(label, names, 'left'))}${' '.repeat(CELL_GAP)}${first}`);
    for (const line of rest) lines.push(' '.repeat(start) + line);
  }
  return lines;
}

/** A row's cells, one below the other where a column wraps. */
function rowLines(cells: string[], columns: Column[], widths: number[]): string[][] {
  const wrapped = columns.map(({ wraps }, c) => (wraps ? wrapText(cells[c], widths[c]) : [cells[c]]));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, l) => wrapped.map((lines) => lines[l] ?? ''));
}

function row(cells: string[], columns: Column[], widths: number[], style: Style): string {
  return columns
    .map((column, i) => {
      const text = fit(cells[i] ?? '', widths[i], column.align ?? 'left');
      return ' '.repeat(gapBefore(column, i)) + (column.faint ? style.faint(text) : text);
    })
    .join('');
}

/** Widths of every block's columns: natural ones when they fit, else flexible columns give way, the widest first. */
function share(blocks: Block[], available: number): number[][] {
  const widths = blocks.map(naturalWidths);
  let excess = widths.reduce((sum, block, b) => sum + blockWidth(blocks[b], block), 0) - available;
  while (excess > 0) {
    let widest: { block: number; column: number } | undefined;
    blocks.forEach((block, b) => {
      block.columns.forEach((column, c) => {
        if (!column.flexible || widths[b][c] <= 1) return;
        if (!widest || widths[b][c] > widths[widest.block][widest.column]) widest = { block: b, column: c };
      });
    });
    if (!widest) break;
    widths[widest.block][widest.column]--;
    excess--;
  }
  return widths;
}

/** Wide enough for every cell, and the first flexible column for the block's heading too. */
function naturalWidths(block: Block): number[] {
  const widths = block.columns.map((column) => (column.shown ? displayWidth(column.name) : 0));
  for (let r = 0; r < block.rows.length; r++) {
    const cells = block.rows.at(r) ?? [];
    for (const c of widths.keys()) widths[c] = Math.max(widths[c], displayWidth(cells[c] ?? ''));
  }
  const spare = Math.max(
    0,
    block.columns.findIndex((column) => column.flexible),
  );
  if (widths.length > 0) widths[spare] += Math.max(0, displayWidth(block.heading ?? '') - blockWidth(block, widths));
  return widths;
}

function minimalWidths(block: Block): number[] {
  return naturalWidths(block).map((width, c) => (block.columns[c].flexible ? Math.min(width, MIN_FLEXIBLE) : width));
}

const gapBefore = (column: Column, index: number): number => (index === 0 ? 0 : (column.gap ?? CELL_GAP));

const blockWidth = (block: Block, widths: number[]): number =>
  widths.reduce((sum, width, i) => sum + gapBefore(block.columns[i], i) + width, 0);

const gutterWidth = ({ ranked, blocks }: Group): number =>
  ranked ? String(Math.max(...blocks.map((block) => block.rows.length))).length + MARGIN + CELL_GAP : MARGIN;

const wrapWords = (text: string, columns: number): string[] => wrap(text.split(' '), ' ', columns);

/** Words joined into lines of at most `columns`; a longer word, such as a path, is broken. */
const wrapText = (text: string, columns: number): string[] =>
  wrap(
    text.split(' ').flatMap((word) => [...pieces(word, columns)]),
    ' ',
    columns,
  );

function* pieces(word: string, columns: number): Generator<string> {
  let piece = '';
  for (const character of word) {
    if (piece && displayWidth(piece + character) > columns) {
      yield piece;
      piece = '';
    }
    piece += character;
  }
  yield piece;
}

/** Items joined into lines of at most `columns`; an item longer than that has a line of its own, cut. */
export function wrap(items: string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  for (const item of items.map(shown)) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last + separator + item) <= columns) {
      lines[lines.length - 1] = last + separator + item;
    } else lines.push(truncate(item, columns));
  }
  return lines;
}
