import { escaped } from '../export/element.ts';
import { scoreFormat } from '../format.ts';
import type { Pinned } from './board.ts';
import { linkTo } from './link.ts';
import type { CardReading } from './lists.ts';
import { addressOf } from './pin.ts';

/** A pin with what its card shows; without, where it could not be read. */
export interface Shown extends Pinned {
  name: string;
  reading?: CardReading | undefined;
}

/** A board for a text: names, notes, first words with their scores, links. */
export function toMarkdown(shown: readonly Shown[]): string {
  const parts = shown.map(({ pin, note, name, reading }) =>
    [
      `## ${plain(`${pin.model}, ${name}`)}`,
      ...(note ? [note] : []),
      ...(reading?.lists.flatMap(({ heading, rows }) => {
        const format = scoreFormat(rows.map(({ score }) => score));
        return [
          `**${plain(heading)}**: ${rows.map(({ label, score }) => `${code(label)} ${format(score)}`).join(', ')}`,
        ];
      }) ?? []),
      ...(reading ? [plain(reading.how)] : []),
      `<${linkTo(addressOf(pin))}>`,
    ].join('\n\n'),
  );
  return `# Board\n\n${parts.join('\n\n')}\n`;
}

/** A backtick of a token needs longer quotes around it. */
const code = (label: string): string => {
  const longest = Math.max(0, ...(label.match(/`+/g) ?? []).map(({ length }) => length));
  const quote = '`'.repeat(longest + 1);
  return longest > 0 ? `${quote} ${label} ${quote}` : `${quote}${label}${quote}`;
};
const plain = (text: string): string => text.replace(/[\\`*_[\]<>#|]/g, '\\$&');

/** A board as a page that stands alone: no script, nothing of another host. */
export function toHtml(shown: readonly Shown[]): string {
  const parts = shown.map(({ pin, note, name, reading }) => {
    const lists = (reading?.lists ?? []).map(({ heading, tone, rows }) => {
      const format = scoreFormat(rows.map(({ score }) => score));
      const full = Math.max(0, ...rows.map(({ score }) => Math.abs(score))) || 1;
      const lines = rows.map(
        ({ label, score, margin }) =>
          `<tr><td><code>${escaped(label)}</code></td><td>${format(score)}${margin === undefined ? '' : ` ± ${format(margin)}`}</td>` +
          `<td><i class="${tone}" style="width:${((60 * Math.abs(score)) / full).toFixed(1)}px"></i></td></tr>`,
      );
      return `<table><caption>${escaped(heading)}</caption>${lines.join('')}</table>`;
    });
    return `<section><h2>${escaped(`${pin.model}, ${name}`)}</h2>${note ? `<p class="note">${escaped(note)}</p>` : ''}
<div class="lists">${lists.join('\n')}</div>
<p class="how">${escaped(reading?.how ?? 'It was not read.')} · <a href="${escaped(linkTo(addressOf(pin)))}">weightscope</a></p></section>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Board</title>
<style>${STYLE}</style>
<h1>Board</h1>
${parts.join('\n')}
</html>
`;
}

const STYLE =
  ':root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'section{border-top:1px solid #8886;padding:.5rem 0}h2{font-size:1rem}.note{white-space:pre-wrap}' +
  '.lists{display:flex;flex-wrap:wrap;gap:1rem 2rem}caption{text-align:left}td{padding:0 .5rem 0 0}td:nth-child(2){text-align:right}' +
  'i{display:inline-block;height:8px;border-radius:2px;background:#7d766c}.read{background:#0f9488}.write{background:#dd5e1d}' +
  '.opposite{background:#8b5cf6}.how{font-size:.8rem}';
