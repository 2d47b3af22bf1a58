import type { Wanted } from './open.ts';

/** What the page says to its worker. */
export type ToWorker =
  | { type: 'start'; base: string; again: Wanted[] }
  | { type: 'ask'; id: number; url: string; headers: [string, string][] }
  | { type: 'cancel'; id: number }
  | { type: 'open'; id: number; wanted: Wanted }
  | { type: 'usage'; id: number }
  | { type: 'clear'; id: number };

/** What the worker says to the page: the parts of an answer in order, or how many bytes came so far and one result. */
export type FromWorker =
  | { type: 'head'; id: number; status: number; headers: [string, string][] }
  | { type: 'body'; id: number; bytes: Uint8Array }
  | { type: 'end'; id: number }
  | { type: 'received'; id: number; bytes: number }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'failed'; id: number; status: number; code: string; message: string };

/** What a page is told of the storage; `limit` 0: the browser gives none. */
export interface Usage {
  bytes: number;
  limit: number;
}
