import { printable } from '../../quote.ts';
import type { Block, Group, Report } from './report.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2733; --soft: #5b6875; --line: #d9dee4; --paper: #fff; --low: #a33c00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa7b4; --line: #3a444f; --paper: #161b21; --low: #ff9a66; }
}
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 68rem; margin: 2rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.08rem; margin: 2rem 0 .25rem; }
p { margin: .25rem 0 .6rem; color: var(--soft); max-width: 60rem; }
.blocks { display: flex; flex-wrap: wrap; gap: 0 2.5rem; align-items: flex-start; }
table { border-collapse: collapse; margin: .3rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; font-size: .9rem; padding: .2rem 0; }
th { font-size: .8rem; font-weight: 600; color: var(--soft); text-align: left; border-bottom: 1px solid var(--line); }
td, th { padding: .12rem .9rem .12rem 0; vertical-align: top; }
td.token { white-space: pre-wrap; }
.right { text-align: right; } .faint { color: var(--soft); } .low caption { color: var(--low); }
ol, ul { padding-left: 1.25rem; color: var(--soft); }
svg { max-width: 100%; height: auto; display: block; margin: .8rem 0; border: 1px solid var(--line); border-radius: 6px; }
footer { margin-top: 2.5rem; padding-top: .5rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); }
`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML and SVG have it. */
export const escaped = (text: string): string => printable(text).replace(/[&<>"]/g, (character) => ENTITIES[character]);

/** A report as one page that needs nothing else: no script, no font, no address; pictures are drawn in it. */
export function renderHtml(report: Report): string {
  const { title, applied, groups, notes, pictures } = report;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    `<p>${applied.map(escaped).join(' · ')}</p>`,
    ...(pictures?.() ?? []),
    ...groups.flatMap(groupHtml),
    ...(notes.length > 0
      ? ['<h2>Notes</h2>', '<ul>', ...notes.map((note) => `<li>${escaped(note)}</li>`), '</ul>']
      : []),
    '<footer>Made by weightscope from the weights alone; the models were not run.</footer>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function groupHtml({ title, text, blocks, ranked }: Group): string[] {
  return [
    '<section>',
    ...(title === undefined ? [] : [`<h2>${escaped(title)}</h2>`]),
    ...(text === undefined ? [] : [`<p>${escaped(text)}</p>`]),
    '<div class="blocks">',
    ...blocks.map((block) => blockHtml(block, ranked ?? false)),
    '</div>',
    '</section>',
  ];
}

function blockHtml({ heading, tone, columns, rows, footer }: Block, ranked: boolean): string {
  const kind = ({ align, faint, name }: Block['columns'][number]): string => {
    const all = [
      align === 'right' ? 'right' : '',
      faint ? 'faint' : '',
      /^(token|first|second)$/.test(name) ? 'token' : '',
    ];
    const own = all.filter(Boolean).join(' ');
    return own === '' ? '' : ` class="${own}"`;
  };
  const shown = columns.some((column) => column.shown);
  const heads = columns.map((column) => `<th${kind(column)}>${column.shown ? escaped(column.name) : ''}</th>`);
  return [
    `<table${tone === 'low' ? ' class="low"' : ''}>`,
    ...(heading === undefined ? [] : [`<caption>${escaped(heading)}</caption>`]),
    ...(shown ? [`<thead><tr>${ranked ? '<th></th>' : ''}${heads.join('')}</tr></thead>`] : []),
    '<tbody>',
    ...Array.from({ length: rows.length }, (_, i) => rows.at(i) ?? []).map(
      (row, i) =>
        `<tr>${ranked ? `<td class="right faint">${i + 1}</td>` : ''}${row.map((cell, j) => `<td${kind(columns[j])}>${escaped(cell)}</td>`).join('')}</tr>`,
    ),
    '</tbody>',
    '</table>',
    ...(footer ? [`<p>${escaped(`${footer.name} ${footer.text}`)}</p>`] : []),
    ...(footer?.lists ?? []).map(({ name, items }) => `<p>${escaped(`${name}: ${items.join(', ')}`)}</p>`),
  ].join('\n');
}
