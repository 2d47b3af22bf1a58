import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { throwIfAborted, WeightscopeError } from '../errors.ts';
import { exchange, type HubAnswer, type HubHttp, type HubRequest, retrying, Transient } from './hub-http.ts';

/** One file to be fetched into `part`, from where an earlier attempt stopped. */
export interface Download {
  request: Omit<HubRequest, 'method' | 'headers' | 'accept'>;
  /** The partial file; what is in it counts as the beginning. It stays when the download is interrupted. */
  part: string;
  /** Bytes of the whole file, where known. */
  size?: number;
  /** Hex digest of the whole file, where known. */
  sha256?: string;
  /** Bytes so far and in all, never fewer than before. */
  progress?(done: number, total: number | undefined): void;
}

/**
 * Fetches a file with resume and retries, then checks its size and hash. A file that fails the check is deleted
 * (`SOURCE_TRUNCATED`, `SOURCE_CHANGED`); other failures (`NETWORK`, `ABORTED`, `OUTPUT_UNWRITABLE` …) keep what has
 * come.
 */
export async function download(http: HubHttp, job: Download): Promise<void> {
  const file = await writable(job.part, () => open(job.part, constants.O_RDWR | constants.O_CREAT, 0o666));
  try {
    await new Transfer(http, job, file, (await file.stat()).size).run();
  } catch (error) {
    if (error instanceof Mismatch) await rm(job.part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** The bytes are complete but not the expected ones. */
class Mismatch extends WeightscopeError {}

class Transfer {
  readonly #http: HubHttp;
  readonly #job: Download;
  readonly #file: FileHandle;
  #offset: number;
  #shown = 0;
  #size: number | undefined;
  /** The server's own strong ETag, so that a resumed body is of the same file. */
  #validator: string | undefined;

  constructor(http: HubHttp, job: Download, file: FileHandle, offset: number) {
    this.#http = http;
    this.#job = job;
    this.#file = file;
    this.#offset = offset;
    this.#size = job.size;
  }

  async run() {
    if (this.#size !== undefined && this.#offset > this.#size) await this.#restart();
    this.#show();
    if (this.#offset !== this.#size) await retrying(this.#http, () => this.#attempt(), { progress: () => this.#shown });
    await this.#verify();
  }

  async #attempt() {
    const headers: Record<string, string> = {};
    if (this.#offset > 0) headers.range = `bytes=${this.#offset}-`;
    if (this.#offset > 0 && this.#validator) headers['if-range'] = this.#validator;
    await exchange(this.#http, { ...this.#job.request, method: 'GET', headers, accept: [416] }, async (answer) => {
      await this.#begin(answer.response);
      await this.#receive(answer);
    });
    if (this.#size !== undefined && this.#offset < this.#size)
      throw new Transient(`The connection ended after ${this.#offset} of ${this.#size} bytes of ${this.#name}`);
  }

  /** Decides where the body that comes belongs. */
  async #begin(response: Response) {
    const etag = response.headers.get('etag') ?? '';
    this.#validator = etag.startsWith('"') ? etag : undefined;
    const encoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
    if (response.status === 206 && !encoded) {
      const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
      const sameFile = total === '*' || this.#size === undefined || Number(total) === this.#size;
      if (Number(start) === this.#offset && sameFile) {
        if (total !== '*') this.#size ??= Number(total);
        return;
      }
    }
    const resumed = this.#offset > 0;
    await this.#restart();
    if (response.status === 200) {
      const length = response.headers.get('content-length');
      if (length !== null && !encoded) this.#size ??= Number(length);
      return;
    }
    await response.body?.cancel();
    if (resumed) throw new Transient(`The server would not continue ${this.#name}`);
    throw new WeightscopeError(
      'NETWORK',
      `Expected ${this.#name} from the hub, got an answer ${response.status} to no range; run again.`,
    );
  }

  async #receive({ response, alive }: HubAnswer) {
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      if (this.#size !== undefined && this.#offset + value.length > this.#size) throw this.#wrongSize('more');
      for (let written = 0; written < value.length; ) {
        const { bytesWritten } = await writable(this.#job.part, () =>
          this.#file.write(value, written, value.length - written, this.#offset),
        );
        written += bytesWritten;
        this.#offset += bytesWritten;
      }
      this.#show();
    }
  }

  async #verify() {
    const { sha256 } = this.#job;
    if (this.#size !== undefined && this.#offset !== this.#size) throw this.#wrongSize(`${this.#offset}`);
    if (!sha256) return;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.#job.part)) {
      throwIfAborted(this.#http.signal);
      hash.update(piece);
    }
    const found = hash.digest('hex');
    if (found === sha256) return;
    throw new Mismatch(
      'SOURCE_CHANGED',
      `The bytes of ${this.#name} have SHA-256 ${found}, the hub announced ${sha256}; they were deleted, run again.`,
    );
  }

  #wrongSize(found: string) {
    return new Mismatch(
      'SOURCE_TRUNCATED',
      `Expected ${this.#size} bytes of ${this.#name}, got ${found}; they were deleted, run again.`,
    );
  }

  async #restart() {
    await this.#file.truncate(0);
    this.#offset = 0;
  }

  /** Shows the furthest point reached: a restart does not take bytes back from a progress bar. */
  #show() {
    this.#shown = Math.max(this.#shown, this.#offset);
    this.#job.progress?.(this.#shown, this.#size);
  }

  get #name() {
    return `${this.#job.request.what} of ${this.#job.request.repo}`;
  }
}

/** Errors of the disk, in words. */
export async function writable<T>(path: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (cause instanceof WeightscopeError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOSPC' ? 'the disk is full' : message;
    throw new WeightscopeError(
      'OUTPUT_UNWRITABLE',
      `The hub's cache cannot be written at ${path}: ${reason}. Make room, or set HF_HUB_CACHE to another folder.`,
      { cause },
    );
  }
}
