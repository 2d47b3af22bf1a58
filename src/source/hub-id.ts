import { WeightscopeError } from '../errors.ts';
import { quote } from '../quote.ts';

/** A model on the hub at a revision: a branch, a tag, or a commit. */
export interface HubId {
  repo: string;
  revision: string;
}

/** Reads `org/name`, `org/name@revision` or `gpt2`; the revision is `main` unless given. Throws `ARGUMENT_INVALID`. */
export function parseHubId(id: string): HubId {
  const at = id.indexOf('@');
  const repo = at < 0 ? id : id.slice(0, at);
  const revision = at < 0 ? 'main' : id.slice(at + 1);
  const named = /^[\w][\w.-]*(\/[\w][\w.-]*)?$/.test(repo) && !/--|\.\./.test(repo);
  const revised = revision.split('/').every((part) => /^[\w+.#-]+$/.test(part) && !/^\.+$/.test(part));
  if (named && revised) return { repo, revision };
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected a hub id such as openai-community/gpt2 or org/name@revision, got ${quote(id)}.`,
  );
}
