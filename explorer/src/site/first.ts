import type { FirstAnswers } from '../../../src/site/first.ts';
import { openedBefore } from './opened.ts';

/**
 * Answers that came with the site: what the page that a reader sees first asks. They are the worker's own answers,
 * written beforehand, and need neither the worker nor the weights.
 */
const named = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="weightscope-first"]')?.content;
const JSON_TYPE = { 'Content-Type': 'application/json' };

let known: Promise<FirstAnswers | undefined> | undefined;

/** The models that are open are no longer those of the site alone. */
let opened = false;
export const forgetFirstModels = (): void => {
  opened = true;
};

/** The answer to a GET, where it came with the site. */
export async function firstAnswer(
  url: URL,
  accept: string | null,
  signal?: AbortSignal,
): Promise<Response | undefined> {
  if (!named || !/^$|json|event-stream|^\*/.test(accept ?? '')) return undefined;
  known ??= load(named);
  const path = url.pathname + url.search;
  if (path === '/api/models' && (opened || openedBefore().length > 0)) return undefined;
  const first = await known;
  if (!first) return undefined;
  const file = Object.hasOwn(first.files, path) ? first.files[path] : undefined;
  const here = Object.hasOwn(first.here, path) ? first.here[path] : undefined;
  if (file === undefined && here === undefined) return undefined;
  const text = file === undefined ? JSON.stringify(here) : await textOf(file, signal);
  if (text === undefined) return undefined;
  if (!accept?.includes('event-stream')) return new Response(text, { headers: JSON_TYPE });
  return new Response(`event: result\ndata: ${text}\n\n`, { headers: { 'Content-Type': 'text/event-stream' } });
}

/** Whatever the host has kept or lost, the worker can answer as well. */
async function load(file: string): Promise<FirstAnswers | undefined> {
  const text = await textOf(file);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(file: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(file, document.baseURI), { signal });
    return response.ok ? await response.text() : undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}
