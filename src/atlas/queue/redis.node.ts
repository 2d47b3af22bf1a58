import { once } from 'node:events';
import type { ConnectionOptions } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { throwIfAborted, WeightscopeError } from '../../errors.ts';
import { optionalPackage } from '../optional.node.ts';

type Packages = Pick<typeof import('bullmq'), 'Queue' | 'Worker' | 'WaitingError'> & { Redis: typeof Redis };

/** BullMQ and its Redis client, which only builds on many machines need. Throws `PACKAGE_MISSING`. */
export const queuePackages = (): Promise<Packages> =>
  optionalPackage('bullmq ioredis', 'A queue of units', async () => {
    const [{ Redis }, { Queue, Worker, WaitingError }] = await Promise.all([import('ioredis'), import('bullmq')]);
    return { Redis, Queue, Worker, WaitingError };
  });

/** The address without what is secret in it, for messages. Throws `ARGUMENT_INVALID`. */
export function shownUrl(url: string): string {
  const invalid = (): WeightscopeError =>
    new WeightscopeError(
      'ARGUMENT_INVALID',
      'Expected the queue to be an address such as redis://host:6379 or rediss://host:6379/1, got something else.',
    );
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) throw invalid();
  const { protocol, host, pathname } = new URL(url);
  if (!host) throw invalid();
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** Redis may be started after us. */
const FIRST_ANSWER = 30_000;
const REFUSED = /WRONGPASS|NOAUTH|NOPERM|invalid (username-)?password|AUTH.*(without|called)/i;

export interface ConnectOptions extends RedisOptions {
  signal?: AbortSignal;
  /** How long to wait for the first answer, in milliseconds. */
  firstAnswer?: number;
}

/**
 * A connection to `url` that has answered, and that comes back by itself when it is lost. The password may also be
 * given by `WEIGHTSCOPE_REDIS_PASSWORD`, which other users of the machine do not see. Throws `QUEUE_UNAVAILABLE` when
 * nothing answers or the password is wrong, `QUEUE_EVICTS` for a Redis that may forget, `ABORTED`.
 */
export async function connectRedis(url: string, options: ConnectOptions = {}): Promise<Redis> {
  const { signal, firstAnswer = FIRST_ANSWER, ...own } = options;
  const shown = shownUrl(url);
  const { Redis } = await queuePackages();
  const password = process.env.WEIGHTSCOPE_REDIS_PASSWORD;
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(200 * attempt, 2000),
    ...(password && { password }),
    ...own,
    lazyConnect: true,
  });
  let failure: Error | undefined;
  const refused = new AbortController();
  redis.on('error', (error: Error) => {
    failure = error;
    if (REFUSED.test(error.message)) refused.abort();
  });
  try {
    const ready = once(redis, 'ready', {
      signal: AbortSignal.any([refused.signal, AbortSignal.timeout(firstAnswer), ...(signal ? [signal] : [])]),
    });
    redis.connect().catch(() => undefined); // a first failure is not the last attempt
    await ready;
    await checkKeeps(redis, shown);
    return redis;
  } catch (cause) {
    redis.disconnect();
    throwIfAborted(signal);
    if (cause instanceof WeightscopeError) throw cause;
    const found = failure?.message || (cause as Error).message;
    throw new WeightscopeError(
      'QUEUE_UNAVAILABLE',
      refused.signal.aborted
        ? `Redis at ${shown} refuses the user or password (${found}); give redis://user:password@host, or WEIGHTSCOPE_REDIS_PASSWORD.`
        : `Expected Redis to answer at ${shown}, found none within ${firstAnswer / 1000} s (${found}); start it, or give another --queue.`,
      { cause },
    );
  }
}

/** Throws `QUEUE_EVICTS` when Redis may drop keys to make room: jobs would vanish without a trace. */
async function checkKeeps(redis: Redis, shown: string): Promise<void> {
  const info = await redis.info('memory');
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [limit, policy] = [Number(field('maxmemory')), field('maxmemory_policy')];
  if (!(limit > 0) || policy === 'noeviction' || policy === '') return;
  throw new WeightscopeError(
    'QUEUE_EVICTS',
    `Expected Redis at ${shown} to keep what it is given, found maxmemory ${limit} with maxmemory-policy ${policy}, which drops jobs when memory is short; run: redis-cli config set maxmemory-policy noeviction.`,
  );
}

/** BullMQ's type of a connection does not name this client's class. */
export const connectionOf = (redis: Redis): { connection: ConnectionOptions } => ({
  connection: redis as unknown as ConnectionOptions,
});

/** Whether Redis, rather than what it was asked, is the trouble: gone, silent, loading, or not the primary. */
export const isAway = (error: unknown): boolean =>
  !(error instanceof Error && error.name === 'ReplyError') ||
  /^(LOADING|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)/.test(error.message);
