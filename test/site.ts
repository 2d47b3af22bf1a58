import type { Page } from 'playwright-core';

/** An answer as its bytes, text and all. */
export interface Answered {
  status: number;
  type: string;
  /** As base64. */
  body: string;
}

/**
 * Asks a site's worker, as its page does (src/site/protocol.ts), from any document of the site. `last`: the worker ends
 * with the answer, and does nothing more.
 */
export async function askSite(
  page: Page,
  path: string,
  { accept = 'application/json', last = false }: { accept?: string; last?: boolean } = {},
): Promise<Answered> {
  return page.evaluate(
    async ([path, accept, last]) => {
      // biome-ignore lint/suspicious/noExplicitAny: it lives in the page between calls.
      const world = globalThis as any;
      const base = new URL('.', location.href).href;
      const html = world.ask ? '' : await (await fetch(base)).text();
      world.ask ??= (() => {
        const [, file] = /name="weightscope-worker" content="([^"]+)"/.exec(html)!;
        const worker = new Worker(new URL(file, base), { type: 'module' });
        worker.postMessage({ type: 'start', base, again: [] });
        let asked = 0;
        return (url: string, accept: string) =>
          new Promise((resolve, reject) => {
            const id = ++asked;
            const parts: Uint8Array[] = [];
            let head: { status: number; headers: [string, string][] };
            const listen = ({ data }: MessageEvent): void => {
              if (data.id !== id) return;
              if (data.type === 'head') head = data;
              if (data.type === 'body') parts.push(data.bytes);
              if (data.type === 'failed') reject(new Error(data.message));
              if (data.type !== 'end') return;
              worker.removeEventListener('message', listen);
              if (last) worker.terminate();
              const type = new Headers(head.headers).get('content-type') ?? '';
              let text = '';
              for (const part of parts) for (const byte of part) text += String.fromCharCode(byte);
              resolve({ status: head.status, type, body: btoa(text) });
            };
            worker.addEventListener('message', listen);
            worker.onerror = (event) => reject(new Error(event.message));
            worker.postMessage({ type: 'ask', id, url, headers: [['accept', accept]] });
          });
      })();
      return world.ask(new URL(path, location.href).href, accept);
    },
    [path, accept, last] as const,
  );
}

export const textOf = ({ body }: Answered): string => Buffer.from(body, 'base64').toString();
