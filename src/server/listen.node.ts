import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { WeightscopeError } from '../errors.ts';
import { inPackage } from '../package.node.ts';
import type { Served } from '../questions/opened.ts';
import type { Env } from './answer.ts';
import { createApi } from './app.ts';
import { guard } from './guard.ts';
import { pages } from './pages.node.ts';
import { onProblem } from './problems.ts';
import type { ServerState } from './served.ts';
import type { WorkLimits } from './work.ts';

const PAGE = inPackage('explorer/dist');

export interface ListenOptions {
  /** Default 4173; 0: any free one. Where it is taken, another one is. */
  port?: number;
  /** Default 127.0.0.1: this machine alone can connect. */
  host?: string;
  /** Default: a random one for this run. */
  token?: string;
  /** The folder of the page's built files. */
  page?: string;
  limits?: WorkLimits;
  /** Cards (`?embed`) may be shown in frames of pages of the same host name. Default false. */
  embed?: boolean;
}

export interface Listening {
  /** With the token: what is to be opened. */
  url: string;
  /** Without it. */
  origin: string;
  port: number;
  token: string;
  /** Whether the port that was asked for was taken. */
  moved: boolean;
  state: ServerState;
  close(): Promise<void>;
}

/**
 * Serves the API and the page over HTTP. Every request needs the token and a Host of ours ({@link guard}). Throws
 * `ARGUMENT_INVALID` where the address cannot be listened on.
 */
export async function listen(served: Served, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port: wanted = 4173, token = randomBytes(24).toString('base64url'), limits } = options;
  const server = createServer({ maxHeaderSize: 32 * 1024, headersTimeout: 20_000, requestTimeout: 30_000 });
  const moved = await bind(server, wanted, host);
  const { port } = server.address() as AddressInfo;

  const { app: api, state } = createApi(served, limits);
  const app = new Hono<Env>();
  app.onError(onProblem);
  app.use(async (c, next) => {
    // `incoming` is the adaptor's; a request made in a test has none.
    const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
    c.set('client', incoming?.socket?.remoteAddress ?? '');
    await next();
  });
  app.use(guard({ token, cookie: `weightscope-${port}`, isOwnHost: ownHost(host, port), embed: options.embed }));
  app.route('/', api);
  app.use(pages(options.page ?? PAGE));
  app.notFound((c) => {
    throw new WeightscopeError('ROUTE_UNKNOWN', `Expected a path that /api lists, got ${c.req.path.slice(0, 200)}.`);
  });
  server.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false }));

  const shown = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host;
  const origin = `http://${shown}:${port}`;
  return {
    url: `${origin}/?token=${encodeURIComponent(token)}`,
    origin,
    port,
    token,
    moved,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens on the port, or on any free one where it is taken; says whether it was. */
async function bind(server: ReturnType<typeof createServer>, port: number, host: string): Promise<boolean> {
  const attempt = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await attempt(port);
    return false;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      await attempt(0);
      return true;
    }
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Cannot listen on ${host}:${port} (${code}): give an address of this machine and a free port.`,
      { cause },
    );
  }
}

/**
 * Names this server goes by. A page that was made to resolve to this machine has a name of its own, which is none of
 * these; addresses in numbers cannot be made to mean another machine, so any of them will do where others may connect.
 */
function ownHost(host: string, port: number): (given: string) => boolean {
  const loopback = ['127.0.0.1', 'localhost', '[::1]'];
  const names = new Set([...loopback, host.includes(':') ? `[${host}]` : host].map((name) => `${name}:${port}`));
  const open = host === '0.0.0.0' || host === '::';
  if (open) names.add(`${hostname().toLowerCase()}:${port}`);
  return (given) => {
    if (names.has(given.toLowerCase())) return true;
    const [, address] = /^\[?([\d.a-f:]+?)\]?(?::\d+)?$/i.exec(given) ?? [];
    return open && address !== undefined && isIP(address) !== 0;
  };
}
