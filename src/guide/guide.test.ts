import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GLOSSARY, termOf, termOfParameter } from './glossary.ts';
import { glossaryPage } from './glossary-page.ts';
import { EXAMPLES, LESSON } from './lesson.ts';

const root = new URL('../../', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, root), 'utf8').replaceAll(/\s+/g, ' ');

it.each(['README.md', 'docs/start.md'])('%s teaches the first lesson in its own words', (name) => {
  for (const sentence of Object.values(LESSON)) expect(page(name)).toContain(sentence);
});

it('docs/start.md shows every example', () => {
  for (const { see } of EXAMPLES) expect(page('docs/start.md')).toContain(see);
});

it('docs/glossary.md is the glossary (update it with `npm test -- src/guide -u`)', async () => {
  await expect(glossaryPage()).toMatchFileSnapshot(new URL('docs/glossary.md', root).pathname);
});

it('finds terms by any of their names, each of one term alone, and leads to pages that exist', () => {
  expect(termOf('FREQ')).toBe(termOf('normalizer'));
  expect(termOf('fold-norm')).toBe(termOf('Fold norm'));
  expect(termOf('nonsense')).toBeUndefined();
  const names = GLOSSARY.flatMap(({ name, also = [] }) => [name, ...also]).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  for (const { more } of GLOSSARY) expect(existsSync(new URL(`docs/${more}`, root)), more).toBe(true);
});

it('finds the words that outputs have', () => {
  const found = ['lowest', 'highest', 'First scores', 'shuffled words', 'met', 'share', 'By chance alone', 'left out'];
  expect(found.map((word) => termOf(word)?.name)).toEqual([
    ...['score', 'score', 'chance', 'chance', 'share', 'share', 'p', 'left out'],
  ]);
});

it('explains the parameters and factors that readings name as left out', () => {
  const explained = (name: string) => termOfParameter(name)?.name;
  expect(explained('norm.final')).toBe('gain');
  expect(explained('layer.3.norm.attn_post')).toBe('gain');
  expect(['norm.final_bias', 'unembed_bias', 'layer.0.attn.q_bias'].map(explained)).toEqual(['bias', 'bias', 'bias']);
  expect(['ff.router', 'ff.router_bias', 'layer.1.ff.7.value'].map(explained)).toEqual(['router', 'bias', 'value']);
  expect(['attn.sinks', 'attn.q'].map(explained)).toEqual(['left out', 'QK']);
  const entries = ['attn_logit_softcapping 50', 'logit_scale 0.0625', 'residual_multiplier 0.22', 'scale_emb 12'];
  expect(entries.map(explained)).toEqual(['cap', 'factor', 'factor', 'factor']);
  for (const [known, name] of [
    ['rotary', 'rotary'],
    ['ALiBi', 'ALiBi'],
    ['YaRN', 'rotary'],
    ['softcap', 'cap'],
    ['logit scale', 'factor'],
  ])
    expect(termOf(known!)?.name).toBe(name);
  expect(['nonsense', 'frq', 'normal'].map(explained)).toEqual([undefined, undefined, undefined]);
});

it('the words that pages have dotted are in the glossary', () => {
  const folder = new URL('explorer/src/', root);
  const files = readdirSync(folder, { recursive: true }).map(String);
  const pages = files
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const dotted = pages.flatMap((text) => [...text.matchAll(/<Term name="([^"]+)"/g)].map(([, name]) => name!));
  expect(dotted.length).toBeGreaterThan(5);
  expect([...new Set(dotted)].filter((name) => !termOf(name))).toEqual([]);
});

it('README.md says what it is with a picture, how to begin, what is supported, what else there is, and how to cite', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8');
  expect(readme).toMatch(/^# weightscope\n\n\*\*Read a transformer's weights as words\.\*\*/);
  const [, picture] = /!\[[^\]]+\]\((docs\/images\/[^)]+)\)/.exec(readme)!;
  expect(existsSync(new URL(picture!, root))).toBe(true);
  const sections = [...readme.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(sections).toEqual(
    expect.arrayContaining(['Install it', 'What is supported', 'Next to other tools', 'How to cite']),
  );
  for (const other of ['TransformerLens', 'LM-Debugger', 'Neuronpedia', 'LARQL'])
    expect(readme).toContain(`[${other}](`);
});
