import { type ChildProcess, spawn } from 'node:child_process';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { type Order, type Reply, sqlChild } from './sql-child.ts';

/** Bytes of JavaScript values a process may hold, in MB, beside what DuckDB does. */
const HEAP = 256;
/** What Node itself and its threads take, in MB. */
const BASE = 192;
/** A query that is told to stop has so long, in ms, before its process is ended. */
const PATIENCE = 300;

/** DuckDB's complaint, in its words. `opening`: about the tables, before any query. */
export class SqlError extends Error {
  opening = false;
}

export interface SqlProcessOptions {
  /**
   * Where it runs: names of files in queries are relative to it, and no name of a folder can be taken for a pattern.
   */
  folder: string;
  settings: Record<string, string>;
  /** Statements that come first. */
  before: readonly string[];
  /** Megabytes that DuckDB may use; the process may use {@link HEAP} and {@link BASE} more. */
  memory: number;
}

/**
 * A process of its own that answers SQL, one question at a time. Its memory is limited by the system where there is
 * such a limit: DuckDB's own does not count what an expression makes. Whatever ends it, the next question starts
 * another.
 */
export class SqlProcess {
  readonly #options: SqlProcessOptions;
  #child?: ChildProcess;
  #opened?: Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: SqlProcessOptions) {
    this.#options = options;
  }

  /** Questions that wait or are being answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Answers in batches of rows; `names` are told before. Throws {@link SqlError}, `QUERY_INVALID`, `ABORTED`. */
  async ask(
    order: Order & { kind: 'rows' | 'run' },
    visit: { names?: (names: string[]) => void; rows?: (rows: unknown[][]) => void | Promise<void> } = {},
    signal?: AbortSignal,
  ): Promise<void> {
    this.#waiting++;
    const before = this.#last;
    const answer = (async () => {
      await before.catch(() => {});
      throwIfAborted(signal);
      await this.#open();
      throwIfAborted(signal); // A process takes a moment to start, and nobody may wait any more.
      await this.#exchange(order, visit, signal);
    })();
    this.#last = answer;
    try {
      await answer;
    } finally {
      this.#waiting--;
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#opened = undefined;
  }

  #open(): Promise<void> {
    if (this.#child?.connected && this.#opened) return this.#opened;
    const { folder, settings, before, memory } = this.#options;
    this.#child = start(folder, memory);
    this.#opened = this.#exchange({ kind: 'open', settings, before }, {});
    this.#opened = this.#opened.catch((error) => {
      this.close();
      if (error instanceof SqlError) error.opening = true;
      throw error;
    });
    return this.#opened;
  }

  #exchange(
    order: Order,
    { names, rows }: Parameters<SqlProcess['ask']>[1] & object,
    signal?: AbortSignal,
  ): Promise<void> {
    const child = this.#child!;
    const { memory } = this.#options;
    return new Promise((resolve, reject) => {
      let ending: NodeJS.Timeout | undefined;
      const done = (error?: unknown): void => {
        clearTimeout(ending);
        child.off('message', answer).off('exit', ended).off('error', ended);
        signal?.removeEventListener('abort', stop);
        child.unref();
        child.channel?.unref();
        if (error === undefined) resolve();
        else reject(error);
      };
      const answer = (reply: Reply): void => {
        if (reply.kind === 'names') names?.(reply.names);
        else if (reply.kind === 'rows') {
          Promise.resolve(rows?.(reply.rows)).then(
            () => child.connected && child.send({ kind: 'more' } satisfies Order),
            (error) => {
              // Who takes the rows cannot go on: what is left of them is of no use.
              this.close();
              done(error);
            },
          );
        } else if (reply.kind === 'end') done();
        else if (signal?.aborted)
          done(new WeightscopeError('ABORTED', 'The operation was cancelled.', { cause: signal.reason }));
        else {
          // What a query took that ran out of memory is not all given back, and the next one would run out sooner.
          if (/out of memory|bad_alloc|failed to allocate/i.test(reply.message)) this.close();
          done(errorOf(reply));
        }
      };
      const ended = (): void => {
        this.close();
        try {
          throwIfAborted(signal);
          done(tooLarge(memory + HEAP + BASE));
        } catch (aborted) {
          done(aborted);
        }
      };
      const stop = (): void => {
        if (child.connected) child.send({ kind: 'stop' } satisfies Order);
        // Some functions do not hear that.
        ending = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      };
      child.on('message', answer).on('exit', ended).on('error', ended);
      signal?.addEventListener('abort', stop, { once: true });
      child.ref();
      child.channel?.ref();
      if (child.connected) child.send(order);
      else ended();
    });
  }
}

/** A new process, with its memory limited by the system where a shell can say so. */
function start(folder: string, memory: number): ChildProcess {
  const load = `() => require('node:module').createRequire(${JSON.stringify(import.meta.url)})('@duckdb/node-api')`;
  const program = [`--max-old-space-size=${HEAP}`, '-e', `(${sqlChild})(${load})`];
  const env = { ...process.env };
  // Neither what our process was started with nor what it must not pass on.
  for (const name of ['NODE_OPTIONS', 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'WEIGHTSCOPE_TOKEN']) delete env[name];
  const options = {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  } as const;
  if (process.platform !== 'linux') return spawn(process.execPath, program, options as never);
  const limit = `ulimit -c 0; ulimit -d ${(memory + HEAP + BASE) * 1024}; exec "$0" "$@"`;
  return spawn('/bin/sh', ['-c', limit, process.execPath, ...program], options as never);
}

function errorOf({ message, missing, large, statement }: Reply & { kind: 'error' }): Error {
  if (missing)
    return new WeightscopeError(
      'PACKAGE_MISSING',
      `SQL needs DuckDB for ${process.platform}-${process.arch}, which is not installed (${message.split('\n')[0]}): npm install @duckdb/node-api.`,
    );
  if (large)
    return new WeightscopeError(
      'QUERY_INVALID',
      'The answer is larger than 64 MB; ask for fewer rows or shorter texts, or write it to a file with -o.',
    );
  if (statement)
    return new WeightscopeError(
      'QUERY_INVALID',
      `Expected a single SELECT, got ${statement}; docs/atlas.md lists the tables.`,
    );
  return new SqlError(message);
}

const tooLarge = (megabytes: number): WeightscopeError =>
  new WeightscopeError(
    'QUERY_INVALID',
    `The query needed more memory than its process may have (${megabytes} MB) and was ended; ask for less at a time.`,
  );
