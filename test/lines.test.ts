/** Comments and prose keep within 120 columns; the formatter breaks code, and leaves them as they are. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const WIDTH = 120;
const NOT_OURS = /(^|\/)(fixtures|record)\/|\.generated\.|^api\//;

/** Lines of prose outside code blocks; rows of tables, links and pictures cannot be broken. */
function prose(lines: string[]): (string | undefined)[] {
  let fenced = false;
  return lines.map((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return fenced || /^\s*(\||!\[|\[)/.test(line) ? undefined : line;
  });
}

const comments = (lines: string[]): (string | undefined)[] =>
  lines.map((line) => (/^\s*(\/\/|\/\*|\* |# )/.test(line) ? line : undefined));

/** A line of at most one word more than its mark cannot be broken. */
const breakable = (line: string): boolean => line.trim().split(/\s+/).length > 2;

test('no line of a comment or of prose is longer than 120 columns', () => {
  const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs', '*.rs', '*.sh', '*.css', '*.md'], {
    encoding: 'utf8',
  });
  const long = files
    .trim()
    .split('\n')
    .filter((file) => !NOT_OURS.test(file))
    .flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n');
      return (file.endsWith('.md') ? prose(lines) : comments(lines)).flatMap((line, i) =>
        line !== undefined && [...line].length > WIDTH && breakable(line) ? [`${file}:${i + 1}`] : [],
      );
    });
  expect(long).toEqual([]);
});
