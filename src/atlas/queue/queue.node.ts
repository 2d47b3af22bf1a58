import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { WeightscopeError } from '../../errors.ts';
import type { Unit } from '../plan.ts';
import { JOB_OPTIONS, jobId, PREFIX, QUEUE, type UnitJob } from './job.ts';
import { connectionOf, connectRedis, isAway, queuePackages, shownUrl } from './redis.node.ts';

/** What the queue looks like at a moment. */
export interface QueueState {
  /** Jobs that are waiting or being worked on, of all builds; undefined while Redis is away. */
  jobs?: number;
  failed?: number;
  workers: number;
  /** Why nothing is known, in words. */
  away?: string;
}

interface Limits {
  /** Seconds that Redis may be away; default 600. */
  patience?: number;
  /** How often a unit is tried; default 8. */
  attempts?: number;
}

export interface UnitQueueOptions extends Limits {
  signal?: AbortSignal;
}

/** Jobs added, or removed, at a time. */
const BATCH = 500;
/** A Redis that says nothing for so long is away. */
const SILENCE = 10_000;

/** The builder's side of the queue: it outlives a Redis that goes away, comes back, or comes back empty. */
export class UnitQueue {
  readonly #redis: Redis;
  readonly #queue: Queue<UnitJob>;
  readonly #shown: string;
  readonly #limits: Required<Limits>;
  /** The jobs of this build that are not known to be finished, by unit. */
  readonly #open = new Map<string, { id: string; data: UnitJob }>();
  #awaySince: number | undefined;
  #reconnected = false;

  static async open(url: string, options: UnitQueueOptions = {}): Promise<UnitQueue> {
    const { patience = 600, attempts = JOB_OPTIONS.attempts, signal } = options;
    // Nothing is kept back while Redis is away: a question fails at once, and is asked again.
    const redis = await connectRedis(url, {
      signal,
      firstAnswer: Math.min(30, patience) * 1000,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: SILENCE,
    });
    const { Queue } = await queuePackages();
    const queue = new Queue<UnitJob>(QUEUE, { ...connectionOf(redis), prefix: PREFIX });
    queue.on('error', () => undefined); // said by the questions that fail
    return new UnitQueue(redis, queue, shownUrl(url), { patience, attempts });
  }

  private constructor(redis: Redis, queue: Queue<UnitJob>, shown: string, limits: Required<Limits>) {
    this.#redis = redis;
    this.#queue = queue;
    this.#shown = shown;
    this.#limits = limits;
    redis.on('ready', () => {
      this.#reconnected = true;
    });
  }

  /** Puts units on the queue, those that failed in an earlier build too. One that is there already stays as it is. */
  async add(jobs: readonly UnitJob[]): Promise<void> {
    for (const data of jobs) this.#open.set(data.unit.id, { id: await jobId(data.unit, data.store), data });
    await this.#ask(async () => {
      for (const job of await this.#failed()) await job.remove();
    });
    await this.#ask(() => this.#addOpen());
  }

  finished({ id }: Unit): void {
    this.#open.delete(id);
  }

  /** Counts, taken before the store is looked at: a job that is gone by then has left its receipt. */
  async look(): Promise<QueueState> {
    const found = await this.#ask(async () => {
      const counts = await this.#queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed');
      const { failed, ...others } = counts;
      const jobs = Object.values(others).reduce((sum, n) => sum + n, 0);
      return { jobs, failed, workers: await this.#workers() };
    });
    return found ?? { workers: 0, away: `waiting for Redis at ${this.#shown}` };
  }

  /** Ends the build when a unit of it has failed for good; puts back what the queue has lost. */
  async keepUp({ jobs, failed }: QueueState): Promise<void> {
    if (jobs === undefined) return;
    if (failed) {
      const job = await this.#ask(async () => (await this.#failed())[0]);
      if (job)
        throw new WeightscopeError(
          'UNIT_FAILED',
          `A unit (${job.data.unit.kind}, ${job.data.unit.from} to ${job.data.unit.to}) failed ${this.#limits.attempts} times, or took its workers down, at last by: ${job.failedReason} The other units are kept; go on with --resume once that is put right.`,
        );
    }
    if (this.#reconnected || jobs < this.#open.size) await this.#ask(() => this.#addOpen());
  }

  /** Takes this build's jobs from the queue, as far as Redis is there, and leaves it. */
  async close(): Promise<void> {
    if (this.#redis.status === 'ready') {
      const ids = [...this.#open.values()].map(({ id }) => id);
      await inBatches(ids, async (some) => {
        // One that is being worked on is locked: its worker finishes it, to no harm.
        await Promise.allSettled(some.map((id) => this.#queue.remove(id)));
      }).catch(() => undefined);
    }
    await this.#queue.close().catch(() => undefined);
    this.#redis.disconnect();
  }

  /** 0 where Redis does not let its clients be listed. */
  async #workers(): Promise<number> {
    try {
      return await this.#queue.getWorkersCount();
    } catch (error) {
      if (isAway(error)) throw error;
      return 0;
    }
  }

  async #addOpen(): Promise<void> {
    this.#reconnected = false;
    await inBatches([...this.#open.values()], async (some) => {
      await this.#queue.addBulk(
        some.map(({ id, data }) => ({
          name: 'unit',
          data,
          opts: { ...JOB_OPTIONS, attempts: this.#limits.attempts, jobId: id },
        })),
      );
    });
  }

  async #failed() {
    const jobs = await this.#queue.getFailed(0, 9999);
    return jobs.filter((job) => this.#open.get(job?.data?.unit?.id)?.id === job.id);
  }

  /** The answer, or undefined while Redis is away. Throws `QUEUE_UNAVAILABLE` when it has been for too long. */
  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question();
      this.#awaySince = undefined;
      return answer;
    } catch (cause) {
      if (!isAway(cause))
        throw new WeightscopeError(
          'QUEUE_UNAVAILABLE',
          `Redis at ${this.#shown} cannot do what is asked of it (${(cause as Error).message}); what is finished is kept: put it right and go on with --resume, with --queue or without.`,
          { cause },
        );
      // What was asked for is done again once it is back.
      this.#reconnected = true;
      this.#awaySince ??= performance.now();
      if (performance.now() - this.#awaySince < this.#limits.patience * 1000) return undefined;
      throw new WeightscopeError(
        'QUEUE_UNAVAILABLE',
        `Expected Redis at ${this.#shown} to come back, found it away for ${this.#limits.patience} s (${(cause as Error).message}); what is finished is kept: go on with --resume, with --queue or without.`,
        { cause },
      );
    }
  }
}

async function inBatches<T>(all: readonly T[], work: (some: readonly T[]) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += BATCH) await work(all.slice(i, i + BATCH));
}
