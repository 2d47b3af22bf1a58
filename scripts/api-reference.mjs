// The reference in docs/api-reference: what api-extractor read of the public API, its docstrings included, as Markdown.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Pages by the folder of the sources, in the order of the index. */
const PAGES = {
  reading: 'Readings',
  model: 'Models and checkpoints',
  vocabulary: 'Tokens and filters',
  compare: 'Two models',
  atlas: 'Atlases',
  engine: 'Engines',
  source: 'Files, caches and errors',
};
const FOLDERS = {
  formats: 'model',
  node: 'model',
  open: 'model',
  errors: 'source',
  server: 'atlas',
  questions: 'reading',
};
const WIDTH = 120;

/**
 * The pages by their names, and the exported functions and classes that have no docstring.
 *
 * @param {{ members: { members: object[] }[] }} model the doc model that api-extractor writes
 * @returns {{ pages: Map<string, string>, undocumented: string[] }}
 */
export function referenceOf(model) {
  const items = model.members[0].members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const pages = new Map();
  const index = ['# API reference', '', ...MADE, ''];
  for (const [page, title] of Object.entries(PAGES)) {
    const own = items.filter((item) => pageOf(item) === page);
    const functions = own.filter(isCalled);
    const types = own.filter((item) => !isCalled(item));
    const named = (some) => some.map(({ name }) => `[\`${name}\`](${page}.md#${name.toLowerCase()})`).join(', ');
    index.push(`## ${title}`, '', ...wrapped(named(functions)), '', ...wrapped(`Types: ${named(types)}`), '');
    const text = [...functions, ...types].map(entry).join('\n');
    pages.set(`${page}.md`, `# ${title}\n\n${MADE.join('\n')}\n\n${text}`);
  }
  pages.set('README.md', index.join('\n'));
  const undocumented = items.filter((item) => isCalled(item) && !item.docComment).map(({ name }) => name);
  return { pages, undocumented };
}

/** Whether the pages that are committed are these; `update` writes them. */
export function sameReference(pages, folder, update) {
  mkdirSync(folder, { recursive: true });
  const there = readdirSync(folder);
  const same =
    there.length === pages.size && there.every((name) => readFileSync(join(folder, name), 'utf8') === pages.get(name));
  if (same || !update) return same;
  for (const name of there) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  return true;
}

const MADE = [
  'Made of the docstrings by `npm run api -- --update`; [readings.md](../readings.md) says what the numbers mean. All of it',
  'is imported from `weightscope`; a browser has what needs no files.',
];

const isCalled = ({ kind }) => kind === 'Function' || kind === 'Class';

function pageOf({ fileUrlPath = '' }) {
  const [folder] = fileUrlPath.replace(/^dist\//, '').split(/[/.]/);
  return folder in PAGES ? folder : (FOLDERS[folder] ?? 'source');
}

function entry(item) {
  const { kind, name, docComment, members = [] } = item;
  const body = kind === 'Interface' || kind === 'Class' ? block(declarationOf(item), members) : codeOf(item);
  return [`## ${name}`, '', ...wrapped(sentences(docComment)), '```ts', body, '```', ''].join('\n');
}

const codeOf = ({ excerptTokens }) =>
  excerptTokens
    .map(({ text }) => text)
    .join('')
    .replace(/^export (declare )?/, '')
    .trim();

const declarationOf = (item) => codeOf(item).replace(/\s*\{?$/, '');

/** An interface with what is said of each member above it. */
function block(declaration, members) {
  const lines = members.flatMap((member) => {
    const said = sentences(member.docComment);
    const comment = said ? fold(said, WIDTH - 5).map((line) => `  // ${line}`) : [];
    return [
      ...comment,
      ...codeOf(member)
        .split('\n')
        .map((line) => `  ${line}`),
    ];
  });
  return [`${declaration} {`, ...lines, '}'].join('\n');
}

/** The text of a docstring; links are names. */
function sentences(comment = '') {
  return comment
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/\{@link\s+([^}|\s]+)[^}]*\}/g, '`$1`')
    .trim();
}

/** Paragraphs within the width, and an empty line after them; what is indented is code. */
function wrapped(text) {
  if (!text) return [];
  return text
    .split(/\n\s*\n/)
    .flatMap((part) => (/^ {2,}/.test(part) ? ['```', ...part.split('\n'), '```', ''] : [...fold(part, WIDTH), '']));
}

function fold(text, width) {
  const lines = [''];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
