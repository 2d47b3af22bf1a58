import { WeightscopeError } from '../errors.ts';
import { exchange, type HubHttp, retrying } from './hub-http.ts';
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
    () => exchange(http, { method: 'GET', url, repo, what }, ({ response }) => response.text()),
    { tries },
  );
  try {
    return parseListing(JSON.parse(text));
  } catch (cause) {
    throw new WeightscopeError(
      'FORMAT_INVALID',
      `The list of files that ${http.endpoint} gave for ${repo} cannot be used: ${(cause as Error).message} Check HF_ENDPOINT.`,
      { cause },
    );
  }
}

function parseListing(answer: { sha?: unknown; siblings?: unknown } | null): HubListing {
  const { sha, siblings } = answer ?? {};
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw new Error('Expected a commit id as `sha`.');
  if (!Array.isArray(siblings)) throw new Error('Expected an array `siblings`.');
  const files = new Map<string, number | undefined>();
  for (const { rfilename, size } of siblings) {
    if (typeof rfilename !== 'string') throw new Error('Expected each sibling to have a name.');
    checkFileName(rfilename);
    files.set(rfilename, Number.isSafeInteger(size) ? size : undefined);
  }
  return { commit: sha, files };
}
