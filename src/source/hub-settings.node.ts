import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { WeightscopeError } from '../errors.ts';
import { quote } from '../quote.ts';

/** Environment variables, `process.env` or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A full commit id; what it names never changes. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/**
 * `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE` (its old name), else `HF_HOME/hub`; `HF_HOME` is `~/.cache/huggingface`.
 */
export function hubCacheDir(env: Environment): string {
  return path(env, env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub'));
}

function hubHome(env: Environment): string {
  return env.HF_HOME || join(env.XDG_CACHE_HOME || join(home(env), '.cache'), 'huggingface');
}

/** `HF_ENDPOINT`, else the public hub. */
export function hubEndpoint(env: Environment): string {
  return env.HF_ENDPOINT || 'https://huggingface.co';
}

/** An endpoint without slashes at its end. Throws `ARGUMENT_INVALID` for what is no web address. */
export function checkEndpoint(endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint)) return endpoint.replace(/\/+$/, '');
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected HF_ENDPOINT to be an address such as https://huggingface.co, got ${quote(endpoint)}.`,
  );
}

/** `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
export function hubOffline(env: Environment): boolean {
  return isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE);
}

/** Whether `HF_HUB_DISABLE_SYMLINKS` asks for files instead of links. */
export function symlinksDisabled(env: Environment): boolean {
  return isTrue(env.HF_HUB_DISABLE_SYMLINKS);
}

/** `HF_TOKEN`, else the file `HF_TOKEN_PATH` or `HF_HOME/token`, which `hf auth login` writes. */
export async function hubToken(env: Environment): Promise<string | undefined> {
  const given = (env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN)?.trim();
  if (given) return given;
  const file = path(env, env.HF_TOKEN_PATH || join(hubHome(env), 'token'));
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch {
    return undefined; // no login: public models need none
  }
}

const isTrue = (value: string | undefined) => /^(1|on|yes|true)$/i.test(value ?? '');
const home = (env: Environment) => env.HOME || env.USERPROFILE || homedir();

/** An absolute path, with `~` and `$NAME` read as Python's expanduser and expandvars read them. */
function path(env: Environment, text: string): string {
  const expanded = text
    .replace(/^~(?=$|[/\\])/, () => home(env))
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, a, b) => env[a ?? b] ?? whole);
  return resolve(expanded);
}
