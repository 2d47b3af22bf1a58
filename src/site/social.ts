import { html, Markup } from '../display/markup.ts';
import type { SiteModel } from './manifest.ts';

/** What a page says of itself to those who show a link to it. */
interface Said {
  title: string;
  description: string;
  /** The address of this page and of the picture; pictures are shown by most only with a whole address. */
  url?: string;
  image: string;
}

/** The picture that comes with the page's files: PNG, 1200 x 630. */
export const PICTURE = 'card.png';

/** Open Graph's and Twitter's tags for the head of a page. */
export function socialTags({ title, description, url, image }: Said): string {
  const tags = [
    ['og:type', 'website'],
    ['og:site_name', 'weightscope'],
    ['og:title', title],
    ['og:description', description],
    ...(url === undefined ? [] : [['og:url', url]]),
    ['og:image', image],
    ['og:image:width', '1200'],
    ['og:image:height', '630'],
    ['og:image:alt', 'weightscope: a transformer’s weights as words'],
  ].map(([name, content]) => html`<meta property="${name}" content="${content}" />`);
  return [...tags, '<meta name="twitter:card" content="summary_large_image" />'].join('\n    ');
}

/** What is said of a whole site. */
export function siteSaid(models: readonly Pick<SiteModel, 'name'>[], address: string | undefined): Said {
  const names = models.map(({ name }) => name).join(', ');
  return {
    title: names === '' ? 'weightscope: open a model' : `${names} in weightscope`,
    description:
      names === ''
        ? 'Read a transformer’s weights as words, in your browser; nothing leaves your machine.'
        : `The weights of ${names} as words: what each neuron and head reads and writes, computed in your browser.`,
    ...(address !== undefined && { url: address }),
    image: `${address ?? './'}${PICTURE}`,
  };
}

/**
 * The page of one model, `m/ID/index.html`: those who show links read no further than `#`, so that a link to a model
 * needs a page of its own. It leads to the model in the site's page.
 */
export function modelPage({ id, name }: Pick<SiteModel, 'id' | 'name'>, address: string | undefined): string {
  const path = `m/${encodeURIComponent(id)}/`;
  const said: Said = {
    title: `${name} in weightscope`,
    description: `The weights of ${name} as words: what each neuron and head reads and writes.`,
    ...(address !== undefined && { url: address + path }),
    image: `${address ?? '../../'}${PICTURE}`,
  };
  const to = `../../#/m/${encodeURIComponent(id)}`;
  return String(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${said.title}</title>
    <meta name="description" content="${said.description}" />
    ${new Markup(socialTags(said))}
    <meta http-equiv="refresh" content="0; url=${to}" />
  </head>
  <body>
    <p><a href="${to}">${said.title}</a></p>
  </body>
</html>
`);
}
