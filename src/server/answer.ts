import type { Context } from 'hono';
import type { Run } from '../questions/question.ts';
import type { Table } from '../questions/table.ts';
import { problemOf } from './problems.ts';
import type { ServerState } from './served.ts';
import type { WorkQueue } from './work.ts';

export interface Env {
  Variables: {
    /** Who asks, for the limits of one client: its address. */
    client: string;
  };
}

export interface Answer {
  /** The models whose weights and atlas decide the answer; none: it may change at any time. */
  models: readonly string[];
  /** Tried first, beside whatever the engine does: an answer that takes milliseconds, where there is one. */
  quick: (run: Run) => Promise<unknown>;
  /** Waits its turn in the queue. */
  work?: (run: Run) => Promise<unknown>;
  queue: WorkQueue;
  /** The answer as a table, for Parquet and CSV. */
  table?: (result: unknown) => Table;
}

export const PARQUET = 'application/vnd.apache.parquet';

/**
 * Answers a question in the form the client accepts: JSON; server-sent events with progress; Parquet or CSV for tables.
 * The work stops when the client goes away. An answer that depends on a checkpoint and the URL alone carries an ETag,
 * and is not computed again for who has it.
 */
export async function answer(
  c: Context<Env>,
  state: ServerState,
  { models, quick, work, queue, table }: Answer,
): Promise<Response> {
  const format = formatOf(c, table !== undefined);
  const etag = models.length === 0 || format === 'events' ? undefined : etagOf(c, state, models, format);
  c.header('Vary', 'Accept');
  c.header('Cache-Control', etag ? 'private, no-cache' : 'no-store');
  if (etag) c.header('ETag', etag);
  if (etag && matches(c.req.header('if-none-match'), etag)) return c.body(null, 304);
  const stop = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, stop.signal]);
  const run = async (progress: Run['progress']): Promise<unknown> => {
    const known = await quick({ signal, progress });
    if (known !== undefined) return known;
    if (!work) throw new Error(`Nothing answers ${c.req.path}.`);
    return queue.run(c.get('client') ?? '', signal, async () => work({ signal, progress }));
  };
  if (format === 'events') return events(c, run, stop);
  const result = await run(() => {});
  if (table && (format === 'parquet' || format === 'csv')) {
    // Few ask for a file, and a page that answers by itself loads no more than it needs.
    const { csvOf, parquetOf } = await import('./tables.ts');
    if (format === 'parquet') return c.body(parquetOf(table(result)), 200, { 'Content-Type': PARQUET });
    return c.body(csvOf(table(result)), 200, { 'Content-Type': 'text/csv; charset=utf-8' });
  }
  return c.json(result as object, 200);
}

type Format = 'json' | 'events' | 'parquet' | 'csv';

function formatOf(c: Context<Env>, tabular: boolean): Format {
  const accept = c.req.header('accept') ?? '';
  const wanted = c.req.query('format');
  if (wanted === 'json') return 'json';
  if (accept.includes('text/event-stream')) return 'events';
  if (!tabular) return 'json';
  if (wanted === 'parquet' || accept.includes(PARQUET)) return 'parquet';
  return wanted === 'csv' || accept.includes('text/csv') ? 'csv' : 'json';
}

/** Of the checkpoint, the atlas and the question; the order of its parameters does not matter. */
function etagOf(c: Context<Env>, state: ServerState, ids: readonly string[], format: Format): string {
  const versions = ids.map((id) => {
    const { model, atlas } = state.model(id);
    return [id, model?.fingerprint, atlas?.manifest.checkpoint, atlas?.manifest.settings];
  });
  const url = new URL(c.req.url);
  url.searchParams.sort();
  return `"${hash(JSON.stringify([state.served.version, versions, url.pathname, url.search, format]))}"`;
}

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

/** FNV-1a of 64 bits. */
function hash(text: string): string {
  let h = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) h = BigInt.asUintN(64, (h ^ BigInt(byte)) * 0x100000001b3n);
  return h.toString(16).padStart(16, '0');
}

/** `progress` {done, what} at most fifty of a stage, then `result` or `error` {code, message}. */
function events(
  c: Context<Env>,
  run: (progress: Run['progress']) => Promise<unknown>,
  stop: AbortController,
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (event: string, data: string): void => {
        if (!stop.signal.aborted) controller.enqueue(encoder.encode(`event: ${event}\ndata: ${data}\n\n`));
      };
      let [last, stage] = [0, ''];
      const progress: Run['progress'] = (done, what) => {
        if (what === stage && done - last < 0.02 && done < 1) return;
        [last, stage] = [done, what];
        send('progress', JSON.stringify({ done, what }));
      };
      send('progress', JSON.stringify({ done: 0, what: 'waiting' }));
      try {
        send('result', JSON.stringify(await run(progress)));
      } catch (error) {
        const { status, body } = problemOf(error);
        send('error', JSON.stringify({ ...body.error, status }));
      }
      if (!stop.signal.aborted) controller.close();
    },
    cancel: () => stop.abort(),
  });
  return c.body(body, 200, { 'Content-Type': 'text/event-stream' });
}
