import type { Table } from '../questions/table.ts';
import { html, type Markup, written } from './markup.ts';

interface Scored {
  label: string;
  score: number;
}
interface Pair {
  first: { label: string };
  second: { label: string };
  score: number;
}

/** Rows beyond these are counted, not shown: the whole is in the reading itself. */
const SHOWN = 50;

const longest = (scored: readonly { score: number }[]): number =>
  scored.reduce((most, { score }) => Math.max(most, Math.abs(score)), 0);

/** A score as a bar, of the longest of its list. */
function bar(score: number, most: number): Markup {
  const width = most > 0 ? (100 * Math.abs(score)) / most : 0;
  const kind = score < 0 ? 'low' : 'high';
  return html`<td class="bar"><i class="${kind}" style="width:${width.toFixed(1)}%"></i></td>`;
}

const rest = (all: readonly unknown[]): Markup | false =>
  all.length > SHOWN &&
  html`<tr><td></td><td colspan="4">… ${written(all.length - SHOWN)} more of ${written(all.length)}</td></tr>`;

/** Words with their scores. */
export function wordList(caption: string, words: readonly Scored[]): Markup {
  const most = longest(words);
  const rows = words
    .slice(0, SHOWN)
    .map(
      ({ label, score }, i) =>
        html`<tr><td class="rank">${i + 1}</td><td class="word">${label}</td><td class="n">${written(score)}</td>${bar(score, most)}</tr>`,
    );
  return html`<table><caption>${caption}</caption><tbody>${rows}${rest(words)}</tbody></table>`;
}

/** Pairs of words with their scores. */
export function pairList(caption: string, pairs: readonly Pair[]): Markup {
  const most = longest(pairs);
  const rows = pairs
    .slice(0, SHOWN)
    .map(
      ({ first, second, score }, i) =>
        html`<tr><td class="rank">${i + 1}</td><td class="word n">${first.label}</td><td class="word">→ ${second.label}</td><td class="n">${written(score)}</td>${bar(score, most)}</tr>`,
    );
  return html`<table><caption>${caption}</caption><tbody>${rows}${rest(pairs)}</tbody></table>`;
}

/** Any table. */
export function plainTable(caption: string, { columns }: Table, shown = SHOWN): Markup {
  const names = Object.keys(columns);
  const count = columns[names[0]]?.length ?? 0;
  const cell = (name: string, row: number): Markup => {
    const value = columns[name][row];
    return html`<td class="${typeof value === 'number' ? 'n' : ''}">${written(value)}</td>`;
  };
  const rows = Array.from({ length: Math.min(count, shown) }, (_, row) => {
    return html`<tr>${names.map((name) => cell(name, row))}</tr>`;
  });
  const left = count > shown && html`<p>… ${written(count - shown)} more of ${written(count)} rows</p>`;
  const head = html`<thead><tr>${names.map((name) => html`<th>${name}</th>`)}</tr></thead>`;
  return html`<table><caption>${caption}</caption>${head}<tbody>${rows}</tbody></table>${left}`;
}
