import { WeightscopeError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { exchange, type HubAnswer, type HubHttp, retrying } from './hub-http.ts';
import { checkFileName } from './range.ts';

/** What a repository holds at a commit. */
export interface HubListing {
  commit: string;
  /** File names and, where the hub tells, their sizes in bytes. */
  files: ReadonlyMap<string, number | undefined>;
}

/** Asks the hub for a revision's commit and files. Throws `FORMAT_INVALID` for an answer that is not a hub's. */
export async function hubListing(
  http: HubHttp,
  { repo, revision }: { repo: string; revision: string },
  tries?: number,
): Promise<HubListing> {
  const url = `${http.endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const what = revision === 'main' ? '' : `revision ${revision}`;
  const text = await retrying(
    http,
    () => exchange(http, { method: 'GET', url, repo, what }, (answer) => listingText(answer, repo)),
    { tries },
  );
  try {
    return parseListing(parseJson(text, { python: true }) as Parameters<typeof parseListing>[0]);
  } catch (cause) {
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `The list of files that ${http.endpoint} gave for ${repo} cannot be used: ${(cause as Error).message} Check HF_ENDPOINT.`,
      { cause },
    );
  }
}

/** A repository of a hundred thousand files has 20 MB of them; what is longer is no list that is meant. */
const MAX_BYTES = 32_000_000;

async function listingText({ response, alive }: HubAnswer, repo: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    alive();
    chunks.push(value);
    length += value.length;
    if (length > MAX_BYTES) {
      await reader?.cancel();
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected a list of files of at most ${MAX_BYTES} bytes for ${repo}, got a longer one; check HF_ENDPOINT.`,
      );
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Throws a plain error that says what is wrong. */
export function parseListing(answer: { sha?: unknown; siblings?: unknown } | null): HubListing {
  const { sha, siblings } = answer ?? {};
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw new Error('Expected a commit id as `sha`.');
  if (!Array.isArray(siblings)) throw new Error('Expected an array `siblings`.');
  const files = new Map<string, number | undefined>();
  for (const sibling of siblings) {
    const { rfilename, size } = (sibling ?? {}) as { rfilename?: unknown; size?: unknown };
    if (typeof rfilename !== 'string') throw new Error('Expected each sibling to have a name.');
    checkFileName(rfilename);
    files.set(rfilename, Number.isSafeInteger(size) ? (size as number) : undefined);
  }
  return { commit: sha, files };
}
