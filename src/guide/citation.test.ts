import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bibtex } from './citation.ts';

it('cites what CITATION.cff says, with the version of the package', () => {
  const file = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const cff = file('CITATION.cff');
  const { version } = JSON.parse(file('package.json'));
  const text = bibtex(version);
  for (const [, family, given] of cff.matchAll(/family-names: (\w+), given-names: (\w+)/g))
    expect(text).toContain(`${family}, ${given}`);
  for (const [, title] of cff.matchAll(/^\s*title: "?(.+?)"?$/gm)) expect(text).toContain(`{${title}}`);
  for (const [, url] of cff.matchAll(/url: "(.+)"/g)) expect(text).toContain(`{${url}}`);
  expect(cff).toContain(`version: ${version}`);
  expect(text).toContain(`version = {${version}}`);
  expect(text.match(/\{/g)).toHaveLength(text.match(/\}/g)!.length);
});
