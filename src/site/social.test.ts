import { expect, it } from 'vitest';
import { modelPage, siteSaid, socialTags } from './social.ts';

const metas = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<meta property="(\S+)" content="([^"]*)" \/>/g)].map(([, name, of]) => [name, of]),
  );

it('says what a site is of, with whole addresses where one is given', () => {
  expect(metas(socialTags(siteSaid([{ name: 'sample' }], 'https://example.org/paper/')))).toMatchObject({
    'og:title': 'sample in weightscope',
    'og:url': 'https://example.org/paper/',
    'og:image': 'https://example.org/paper/card.png',
  });
  const without = metas(socialTags(siteSaid([], undefined)));
  expect(without).toMatchObject({ 'og:title': 'weightscope: open a model', 'og:image': './card.png' });
  expect(without).not.toHaveProperty('og:url');
});

it('leads from a model’s page to the model, whatever it is called', () => {
  const page = modelPage({ id: 'a b', name: '"><script>alert(1)</script>' }, 'https://example.org/');
  expect(page).not.toContain('<script');
  expect(metas(page)['og:url']).toBe('https://example.org/m/a%20b/');
  expect(page).toContain('content="0; url=../../#/m/a%20b"');
});
