import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Pages are loaded when they are first visited, each with the styles that its files import. What a page shows with
 * another page's styles it shows without them to whoever came straight to it.
 */

const src = resolve(import.meta.dirname, '..');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).map((name) => join(src, name));
const textOf = (file: string): string => readFileSync(file, 'utf8');

/** The file and all that it imports at once, styles too. */
function withImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  if (!/\.tsx?$/.test(file)) return found;
  for (const [, path] of textOf(file).matchAll(/(?:^import|from) '(\.[^']+)'/gm)) {
    const imported = resolve(dirname(file), path!);
    if (existsSync(imported)) withImports(imported, found);
  }
  return found;
}

/** The style sheets that each class is in. */
const sheets = new Map<string, string[]>();
for (const sheet of files.filter((file) => file.endsWith('.css')))
  for (const [, name] of textOf(sheet).matchAll(/\.([a-z][\w-]*)/g))
    sheets.set(name!, [...(sheets.get(name!) ?? []), sheet]);

const always = withImports(join(src, 'main.tsx'));
const lazy = files.flatMap((file) =>
  file.endsWith('.tsx')
    ? [...textOf(file).matchAll(/import\('(\.[^']+)'\)/g)].map(([, path]) => resolve(dirname(file), path!))
    : [],
);

test.each(lazy.map((file) => relative(src, file)))('%s brings the styles of what it shows', (name) => {
  const all = withImports(join(src, name));
  const missing = [...all].flatMap((file) =>
    file.endsWith('.tsx')
      ? [...textOf(file).matchAll(/className=(?:\{)?["'`]([^"'`]+)/g)]
          .flatMap(([, names]) => names!.split(/[\s${}]+/))
          .filter((one) => sheets.get(one)?.some((sheet) => all.has(sheet) || always.has(sheet)) === false)
          .map((one) => `${one} in ${relative(src, file)}`)
      : [],
  );
  expect(missing).toEqual([]);
});
