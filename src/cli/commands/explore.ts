import { flag, whole, words } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { changes, engine, port, secret, texts } from '../options.ts';

export const explore = command({
  name: 'explore',
  summary: 'models as a page in the browser, and an HTTP API',
  description:
    'Serves a page to look at models, and an HTTP API (listed at /api), on this machine alone. Every request needs the\n' +
    'token in the address that is printed. The atlas of `sample` is made on the way, beside the server.',
  arguments: {
    models: texts('`sample`, a path, a URL or a hub id, or a folder made by `atlas build`', {
      value: 'model|atlas...',
      required: true,
    }),
  },
  flags: {
    port: whole('Where to listen; a free one where it is taken', { default: 4173, cli: { parse: port } }),
    host: words('Another address lets other machines connect, with the token', {
      more: 'nothing on the way is encrypted',
      default: '127.0.0.1',
      cli: { value: 'address' },
    }),
    token: words('The secret that requests carry', {
      cli: { value: 'text', usual: 'one kept for this user; with --host a new one', parse: secret },
    }),
    allowOpen: flag('Let whoever has the token open further models, with --host too', {
      more: 'any file this user can read',
    }),
    embed: flag('Let other pages of this machine show cards in frames', {
      more: 'pages under the same host name, such as a notebook on another port; docs/sharing.md',
    }),
    open: flag('Open the page in the browser'),
    noAtlas: flag('Do not make the atlas of `sample`'),
    quiet: flag('No progress'),
    ...changes,
    ...engine,
  },
  run: async ({ models, ...flags }) => {
    const { explore } = await import('../explore.ts');
    await explore(models, flags);
  },
});
