// A model hub on this machine that answers as the real one does: a listing, redirects of large files to signed
// addresses on another host, ETags, ranges, refusals; and that fails on request.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeFile {
  bytes: Uint8Array;
  /**
   * Large files are kept in Git LFS: named by SHA-256, served by the CDN. Others by their Git blob id, served directly.
   */
  lfs?: boolean;
}

export interface FakeModel {
  commit: string;
  files: Record<string, FakeFile>;
  /** Files are refused without this token. */
  gated?: string;
  /** Everything is refused without this token. */
  private?: string;
  /** The name it has been given since: the old one redirects. */
  movedTo?: string;
}

/** What goes wrong with the next answer that carries a file's bytes. */
export interface Fault {
  status?: number;
  retryAfter?: number;
  /** The connection is cut after so many bytes. */
  cutAfter?: number;
  /** Nothing comes after so many bytes, the connection stays. */
  silentAfter?: number;
  /** The whole file comes, whatever range was asked for. */
  ignoreRange?: boolean;
  /** The first byte is another one. */
  corrupt?: boolean;
  /** What the test does once those bytes are on their way. */
  meanwhile?: () => void;
}

export interface Logged {
  server: 'hub' | 'cdn';
  method: string;
  path: string;
  status: number;
  headers: IncomingMessage['headers'];
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'authorization, range',
  'access-control-expose-headers': 'X-Repo-Commit, X-Linked-Size, X-Linked-Etag, X-Error-Code, Content-Range, ETag',
};

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const gitId = (bytes: Uint8Array) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** The name of a file's blob in the cache. */
export const etagOf = ({ bytes, lfs }: FakeFile): string => (lfs ? sha256(bytes) : gitId(bytes));

export class FakeHub {
  readonly models: Record<string, FakeModel>;
  readonly log: Logged[] = [];
  readonly faults: Fault[] = [];
  readonly listingFaults: Fault[] = [];
  /** Changing it makes the CDN take its files for changed. */
  generation = 1;
  /** Lets pages of other origins read, as the hub does (recorded from it): preflights are answered, headers exposed. */
  cors = false;
  /** The hub's address, the endpoint to give. */
  url = '';
  readonly #hub: Server;
  readonly #cdn: Server;

  static async start(models: Record<string, FakeModel>): Promise<FakeHub> {
    const hub = new FakeHub(models);
    await Promise.all([listen(hub.#hub), listen(hub.#cdn)]);
    hub.url = address(hub.#hub);
    return hub;
  }

  private constructor(models: Record<string, FakeModel>) {
    this.models = models;
    this.#hub = createServer((request, response) => this.#answer(request, response));
    this.#cdn = createServer((request, response) => this.#serve(request, response));
  }

  /** Requests for which bytes of files (not headers, not listings) were sent. */
  get transfers(): Logged[] {
    return this.log.filter(
      ({ method, path, status }) => method === 'GET' && status < 300 && !path.startsWith('/api/models'),
    );
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  #note(server: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse) {
    const { method = '', url: path = '', headers } = request;
    const entry: Logged = { server, method, path, status: 0, headers };
    this.log.push(entry);
    const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => ServerResponse;
    response.writeHead = ((status: number, ...rest: unknown[]) => {
      entry.status = status;
      if (this.cors) for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
      return writeHead(status, ...rest);
    }) as typeof response.writeHead;
  }

  #answer(request: IncomingMessage, response: ServerResponse) {
    this.#note('hub', request, response);
    if (this.cors && request.method === 'OPTIONS') return response.writeHead(204).end();
    const path = decodeURIComponent(new URL(request.url ?? '', this.url).pathname);
    const cached = /^\/api\/resolve-cache\/models\/(.+?)\/([0-9a-f]{40})\/(.+)$/.exec(path);
    if (cached) {
      const file = this.models[cached[1]].files[cached[3]];
      return this.#send(request, response, file, { etag: `"${etagOf(file)}"`, 'x-repo-commit': cached[2] });
    }
    const listed = /^\/api\/models\/(.+?)\/(revision|tree)\/(.+)$/.exec(path);
    const resolved = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const [, name = '', kind = '', rest = ''] = listed ?? resolved ?? [];
    const model: FakeModel | undefined = this.models[name];
    const token = request.headers.authorization?.replace('Bearer ', '');
    const refuse = (status: number, code: string) => response.writeHead(status, { 'x-error-code': code }).end(code);
    if (!model) return token ? refuse(404, 'RepoNotFound') : refuse(401, 'RepoNotFound');
    if (model.movedTo) return response.writeHead(307, { location: path.replace(name, model.movedTo) }).end();
    if (model.private && token !== model.private) return refuse(401, 'RepoNotFound');
    const revision = listed ? rest : kind;
    if (!['main', model.commit, model.commit.slice(0, 7)].includes(revision)) return refuse(404, 'RevisionNotFound');
    if (listed) return this.#list(response, name, model, kind === 'tree');
    if (model.gated && token !== model.gated) return refuse(token ? 403 : 401, 'GatedRepo');
    const file = model.files[rest];
    if (!file) return response.writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': model.commit }).end();
    if (!file.lfs)
      return response
        .writeHead(307, {
          location: `/api/resolve-cache/models/${name}/${model.commit}/${encodeURIComponent(rest)}`,
          'x-repo-commit': model.commit,
        })
        .end();
    response.writeHead(302, {
      location: `${address(this.#cdn)}/${name}/${encodeURIComponent(rest)}?Signature=s3cr3t`,
      'x-repo-commit': model.commit,
      'x-linked-etag': `"${etagOf(file)}"`,
      'x-linked-size': `${file.bytes.length}`,
    });
    return response.end();
  }

  #list(response: ServerResponse, id: string, { commit, files }: FakeModel, tree: boolean) {
    const fault = this.listingFaults.shift();
    if (fault?.status) return response.writeHead(fault.status).end();
    const entries = Object.entries(files).map(([path, { bytes, lfs }]) => ({
      type: 'file',
      path,
      rfilename: path,
      size: bytes.length,
      oid: gitId(bytes),
      blobId: gitId(bytes),
      ...(lfs ? { lfs: { oid: sha256(bytes), sha256: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
    }));
    const body = tree ? entries : { _id: '1', id, modelId: id, sha: commit, tags: [], siblings: entries };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** The CDN: signed addresses, GET only, and none who shows a token meant for the hub. */
  #serve(request: IncomingMessage, response: ServerResponse) {
    this.#note('cdn', request, response);
    if (this.cors && request.method === 'OPTIONS') return response.writeHead(204).end();
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const signed = searchParams.get('Signature') === 's3cr3t' && request.method === 'GET';
    if (!signed || request.headers.authorization) return response.writeHead(signed ? 400 : 403).end();
    const [, org, name, ...rest] = pathname.split('/').map(decodeURIComponent);
    const file = this.models[`${org}/${name}`]?.files[rest.join('/')];
    return this.#send(request, response, file, { etag: `"cdn-${this.generation}-${etagOf(file)}"` });
  }

  #send(request: IncomingMessage, response: ServerResponse, file: FakeFile, headers: Record<string, string>) {
    const head = request.method === 'HEAD';
    const fault = (head ? undefined : this.faults.shift()) ?? {};
    if (fault.status) {
      const later = fault.retryAfter ? { 'retry-after': `${fault.retryAfter}` } : {};
      return response.writeHead(fault.status, later).end();
    }
    const { length } = file.bytes;
    const bytes = fault.corrupt ? file.bytes.slice() : file.bytes;
    if (fault.corrupt) bytes[0] ^= 1;
    const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const same = [undefined, headers.etag].includes(request.headers['if-range'] as string | undefined);
    const start = wanted && same && !fault.ignoreRange ? Number(wanted[1]) : 0;
    if (start > 0 && start >= length) return response.writeHead(416, { 'content-range': `bytes */${length}` }).end();
    const end = wanted?.[2] && same && !fault.ignoreRange ? Math.min(Number(wanted[2]) + 1, length) : length;
    const isPart = start > 0 || end < length;
    const partial = isPart ? { 'content-range': `bytes ${start}-${end - 1}/${length}` } : {};
    response.writeHead(isPart ? 206 : 200, { ...headers, ...partial, 'content-length': `${end - start}` });
    if (head) return response.end();
    const stop = fault.cutAfter ?? fault.silentAfter;
    if (stop === undefined) return response.end(bytes.subarray(start, end));
    return response.write(bytes.subarray(start, start + stop), () => {
      fault.meanwhile?.();
      // What was written is to arrive before the connection goes.
      if (fault.cutAfter !== undefined) setTimeout(() => response.socket?.destroy(), 20);
    });
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done));
}

const address = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
