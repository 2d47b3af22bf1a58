import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { WeightscopeError } from '../errors.ts';
import type { Env } from './answer.ts';

export interface GuardOptions {
  /** A secret that every request must carry. */
  token: string;
  /** Whether a Host header's value, port included, is one of this server's own. */
  isOwnHost: (host: string) => boolean;
  /** The cookie's name: cookies do not tell ports apart, so it must. */
  cookie: string;
  /** Whether other pages of this machine may show cards (`?embed`) in a frame. Default: no page may show anything. */
  embed?: boolean;
}

/** How long a browser keeps the cookie: bookmarks outlive it being closed. */
const REMEMBERED_S = 30 * 24 * 3600;

/** Bodies that are looked at all: no question has one. */
const LONGEST_BODY = 64 * 1024;

/** Only what comes with the page runs, nothing leaves for other hosts, no other page shows or opens this one. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  // Both together make a page isolated, which shared memory needs.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Who may ask. A page of another site can make a browser send requests here, also under a name of its own that resolves
 * to this machine (DNS rebinding): so the Host and Origin must be ours. Other users and programs of this machine can
 * connect: so the token is needed, once in the URL that is opened, then as a cookie that pages of other sites cannot
 * send, or as `Authorization: Bearer`. Throws `HOST_REFUSED` (403), `TOKEN_REQUIRED` (401), `TOO_LARGE` (413).
 */
export function guard({ token, isOwnHost, cookie, embed }: GuardOptions): MiddlewareHandler<Env> {
  return async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    const host = c.req.header('host') ?? '';
    if (!isOwnHost(host))
      throw new WeightscopeError('HOST_REFUSED', `Expected a host of this server, got ${JSON.stringify(host)}.`);
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`)
      throw new WeightscopeError(
        'HOST_REFUSED',
        `Expected a request from this server's own page, got one from ${JSON.stringify(origin)}.`,
      );
    const length = Number(c.req.header('content-length') ?? 0);
    if (length > LONGEST_BODY || (c.req.header('transfer-encoding') ?? '') !== '')
      throw new WeightscopeError(
        'TOO_LARGE',
        `Expected a request without a body, or one of ${LONGEST_BODY} bytes at most.`,
      );

    const url = new URL(c.req.url);
    if (embed && isCard(url)) letFrame(c, host);
    const given = url.searchParams.get('token');
    if (given !== null && (c.req.method === 'GET' || c.req.method === 'HEAD')) {
      if (!same(given, token)) throw refused();
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: REMEMBERED_S });
      url.searchParams.delete('token');
      // Relative, and never beginning with two slashes, which would be another host.
      return c.redirect(url.pathname.replace(/^\/+/, '/') + url.search, 303);
    }
    const bearer = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (!same(bearer ?? getCookie(c, cookie) ?? '', token)) throw refused();
    await next();
  };
}

/** The page of one neuron, head or token, as its card: the page itself looks for the same word in its address. */
const isCard = ({ pathname, searchParams }: URL): boolean =>
  searchParams.has('embed') && /^\/m\/[^/]+\/(neuron|head|token)\/[\d/]+$/.test(pathname);

/**
 * Pages of the same name may frame it, whatever their port: a notebook, a draft. Pages of other names would get no
 * cookie, which is `SameSite=Strict`, and so no card.
 */
function letFrame(c: Context<Env>, host: string): void {
  const name = host.replace(/:\d+$/, '');
  const policy = HEADERS['Content-Security-Policy'];
  c.header('Content-Security-Policy', policy.replace("frame-ancestors 'none'", `frame-ancestors http://${name}:*`));
  c.header('X-Frame-Options', undefined);
}

const refused = () =>
  new WeightscopeError(
    'TOKEN_REQUIRED',
    'Expected the token of this server: open the address that `weightscope explore` printed, or send `Authorization: Bearer TOKEN`.',
  );

/** Compares in a time that does not tell how much is right. */
function same(given: string, token: string): boolean {
  const [a, b] = [new TextEncoder().encode(given), new TextEncoder().encode(token)];
  let different = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) different |= (a[i] ?? 0) ^ b[i];
  return different === 0;
}
