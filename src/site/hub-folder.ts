import { WeightscopeError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type BlockStore, blockSource } from '../source/blocks.ts';
import { httpSource } from '../source/http.ts';
import { type HubId, parseHubId } from '../source/hub-id.ts';
import { parseListing } from '../source/hub-listing.ts';
import { checkFileName } from '../source/range.ts';
import { type HttpOptions, readBody, retrying, send, Transient } from '../source/request.ts';
import type { SourceFolder } from '../source/source.ts';

export const HUB = 'https://huggingface.co';
/** A list of files that is longer is none that is meant. */
const LONGEST_LIST = 32_000_000;

export interface HubPlace extends HubId {
  /** One file of the repository. */
  file?: string;
}

/** `org/name`, `org/name@revision`, `org/name/model.gguf`. Throws `ARGUMENT_INVALID`. */
export function parseHubPlace(text: string): HubPlace {
  const given = text.trim();
  const [, repo, file, revision = ''] = /^([^/@]+\/[^/@]+)\/([^@]+\.(?:gguf|safetensors|bin))(@.+)?$/.exec(given) ?? [];
  return { ...parseHubId(file === undefined ? given : repo + revision), file };
}

export interface HubFolderOptions extends HttpOptions {
  endpoint?: string;
  /** Sent to the endpoint alone: browsers drop it where the hub sends them to another host. */
  token?: string;
  store?: BlockStore;
}

/**
 * A repository of the hub, read by ranges, from a page. The redirects to where large files lie are the browser's to
 * follow. Throws `SOURCE_NOT_FOUND`, `UNAUTHORIZED`, `NETWORK`.
 */
export async function hubFolder(
  { repo, revision }: HubPlace,
  { endpoint = HUB, token, store, ...http }: HubFolderOptions = {},
): Promise<SourceFolder> {
  const options: HttpOptions = { ...http, ...(token && { headers: { Authorization: `Bearer ${token}` } }) };
  const { commit, files } = await listing(endpoint, repo, revision, options);
  return {
    name: repo,
    async open(file) {
      checkFileName(file);
      if (!files.has(file)) return undefined;
      const size = files.get(file);
      const url = `${endpoint}/${repo}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`;
      if (size === undefined) return httpSource(url, options);
      const named = { name: `${endpoint}/${repo}/${file}`, byteLength: size, version: commit };
      return blockSource(
        named,
        (start, end, signal) => range(url, start, end, size, { ...options, signal: signal ?? options.signal }),
        {
          store,
        },
      );
    },
    async list() {
      return [...files.keys()].sort();
    },
  };
}

async function listing(endpoint: string, repo: string, revision: string, options: HttpOptions) {
  const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await retrying(url, options, options.signal, async () => {
    const response = await answered(url, repo, options);
    return readBody(response, LONGEST_LIST, url, options);
  });
  try {
    return parseListing(parseJson(text) as Parameters<typeof parseListing>[0]);
  } catch (cause) {
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `The list of files that ${endpoint} gave for ${repo} cannot be used: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Bytes `[start, end)` of a file of `size` bytes. */
function range(url: string, start: number, end: number, size: number, options: HttpOptions): Promise<Uint8Array> {
  return retrying(url, options, options.signal, async () => {
    // What is asked for whole needs no range, which some hosts do not know.
    const part = start > 0 || end < size;
    const headers: Record<string, string> = { ...options.headers, ...(part && { Range: `bytes=${start}-${end - 1}` }) };
    const response = await answered(url, url, { ...options, headers });
    if (part && response.status !== 206) {
      await response.body?.cancel();
      throw new WeightscopeError(
        'NETWORK',
        `Expected a part of ${url}, but the host sends files whole; download the file and drop it on the page.`,
      );
    }
    const bytes = await readBody(response, end - start, url, options);
    if (bytes.length !== end - start) throw new Transient(`sent ${bytes.length} of ${end - start} bytes`);
    return bytes;
  });
}

/** A success; for `what` a person knows. */
async function answered(url: string, what: string, options: HttpOptions): Promise<Response> {
  const response = await send(url, { headers: options.headers, signal: options.signal }, options);
  const { status } = response;
  if (response.ok) return response;
  await response.body?.cancel();
  if (status === 408 || status === 429 || status >= 500) throw new Transient(`answered with status ${status}`);
  const told = Boolean(options.headers?.Authorization);
  if (status === 401 || status === 403)
    throw new WeightscopeError(
      'UNAUTHORIZED',
      told
        ? `The hub refuses the token for ${what} (status ${status}): check it, and accept the model’s licence on the hub.`
        : `The hub has no public model ${what}, or wants a token for it (status ${status}): check the spelling, or give a token.`,
    );
  if (status === 404)
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `The hub has no ${what} (status 404), or it is private: check the spelling, and give a token if it is private.`,
    );
  throw new WeightscopeError('NETWORK', `The hub answered with status ${status} for ${what}; try again later.`);
}
