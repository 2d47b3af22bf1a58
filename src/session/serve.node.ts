/**
 * A session over standard input and output, one JSON value a line, for a program that started this one and talks to
 * nobody else: no port, no token. It ends when that program does, however that was: its end of the pipe closes.
 *
 * In: `{id, open}`, `{id, close}`, `{id, ask, asked}`, `{id, get}`, `{id, frames}`, `{id, html}`, and `{cancel: id}`.
 * Out: `{id, progress: [done, what]}`, then `{id, result}` or `{id, error: {code, message}}`.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ApiError } from '../client.ts';
import { openEngine } from '../node.ts';
import type { Asked } from '../questions/address.ts';
import type { Run } from '../questions/question.ts';
import { problemOf } from '../server/problems.ts';
import { type Answered, type OpenRequest, Session } from './session.node.ts';

interface Request {
  id: number;
  open?: OpenRequest;
  close?: string;
  ask?: string;
  asked?: Asked;
  get?: string;
  frames?: Answered;
  html?: Answered;
}

/** Milliseconds between two looks whether the program that started this one is still there. */
const LOOK = 2000;

// What a library prints must not stand among the answers.
console.log = console.error;

const [engine] = process.argv.slice(2);
const session = new Session(engine ? await openEngine(engine) : undefined);
const running = new Map<number, AbortController>();
const send = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

async function answer(request: Request, run: Run): Promise<unknown> {
  if (request.open) return session.open(request.open, run);
  if (request.close !== undefined) return session.close(request.close);
  if (request.get !== undefined) return session.get(request.get, run.signal);
  if (request.frames) return session.frames(request.frames);
  if (request.html) return session.html(request.html);
  return session.ask(String(request.ask), request.asked ?? {}, run);
}

async function take(line: string): Promise<void> {
  const request = JSON.parse(line) as Request & { cancel?: number };
  if (request.cancel !== undefined) return running.get(request.cancel)?.abort();
  const { id } = request;
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const progress: Run['progress'] = (done, what) => send({ id, progress: [done, what] });
    send({ id, result: (await answer(request, { signal: stop.signal, progress })) ?? null });
  } catch (error) {
    const said = error instanceof ApiError ? { code: error.code, message: error.message } : problemOf(error).body.error;
    if (said.code === 'INTERNAL') console.error(error);
    send({ id, error: said });
  } finally {
    running.delete(id);
  }
}

function end(): void {
  for (const folder of session.temporary) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

// A child that the program forked may hold the pipe open after it: so the parent is looked at as well.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) end();
}, LOOK).unref();
process.stdout.on('error', end);
// Whoever started this one passes an interrupt on as a cancel.
process.on('SIGINT', () => {});
createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  .on('line', (line) => void take(line))
  .on('close', end);
send({ ready: process.pid });
