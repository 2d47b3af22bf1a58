import { GLOSSARY } from './glossary.ts';

/** docs/glossary.md. */
export function glossaryPage(): string {
  const terms = [...GLOSSARY].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return [
    '# Glossary\n',
    '```\nweightscope explain freq        # any of these in a terminal; on the page, rest on a dotted word\n```\n',
    ...terms.map(({ name, also, meaning, more }) => {
      const others = also ? ` (also: ${also.join(', ')})` : '';
      return `**${name}**${others}  \n${wrapped(`${meaning} [More](${more})`)}\n`;
    }),
  ].join('\n');
}

/** Lines of at most 120 columns. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > 120) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}
