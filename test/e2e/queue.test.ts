import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildAtlas, openAtlas, openStore } from '../../src/atlas/atlas.node.ts';
import { buildQueuedAtlas, type QueuedBuildOptions } from '../../src/atlas/queue/build.node.ts';
import { PREFIX, QUEUE } from '../../src/atlas/queue/job.ts';
import { ATLAS_PARTS, type Manifest } from '../../src/atlas/schema.ts';
import { memoryStore } from '../../src/atlas/store.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { root } from '../packed.ts';
import { RedisServer, redisSkipped } from '../redis.ts';
import { s3Skipped, startS3 } from '../s3.ts';
import { tinyModel } from '../tiny-model.ts';
import type { Settings } from './queue-worker.ts';
import { weightscope } from './run-cli.ts';

const MODEL = { layers: 3, neurons: 20, vocab: 120, hidden: 12, seed: 7 };
const slow = 1e4;
const OPTIONS = {
  top: 10,
  pairs: 30,
  columns: 5,
  what: ATLAS_PARTS,
  rates: { means: slow, rows: slow, factors: slow, pairs: slow },
};

/** A process of queue-worker.ts. */
class Worker {
  readonly lines: string[] = [];
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly #waiting: { for: RegExp; found: (line: string) => void }[] = [];

  constructor(settings: Omit<Settings, 'model'> & Partial<Settings>) {
    const argument = JSON.stringify({ model: MODEL, ...settings } satisfies Settings);
    this.process = spawn(process.execPath, [script, argument], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.process, 'exit');
    createInterface(this.process.stdout!).on('line', (line) => {
      this.lines.push(line);
      for (const wait of this.#waiting) if (wait.for.test(line)) wait.found(line);
    });
    running.push(this);
  }

  async says(what: RegExp): Promise<string> {
    const said = this.lines.find((line) => what.test(line));
    return said ?? new Promise((found) => this.#waiting.push({ for: what, found }));
  }

  /** Units that it computed, by name. */
  get done(): string[] {
    return this.lines.flatMap((line) => /^(.*) done in/.exec(line)?.[1] ?? []);
  }

  goOn(): void {
    this.process.stdin!.write('\n');
  }

  async kill(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    this.process.kill(signal);
    await this.ended;
  }
}

let script: string;
let running: Worker[] = [];
let redis: RedisServer;
let folder: string;
let expected: Manifest;

describe.skipIf(redisSkipped)(`an atlas built by workers of a queue${redisSkipped}`, () => {
  beforeAll(async () => {
    // Below node_modules, so that the packages it imports are found.
    const outDir = mkdtempSync(join(root, 'node_modules', '.queue-worker-'));
    await build({
      root,
      logLevel: 'error',
      build: { ssr: join(root, 'test/e2e/queue-worker.ts'), outDir, emptyOutDir: false, copyPublicDir: false },
    });
    script = join(outDir, 'queue-worker.js');
    expected = await buildAtlas(tinyModel(MODEL), memoryStore(), { ...OPTIONS, engine: referenceEngine() });
    // Not one or two, or the tests below would say little.
    expect(expected.units.length).toBeGreaterThan(20);
  });
  afterAll(() => script && rmSync(join(script, '..'), { recursive: true }));
  beforeEach(async () => {
    redis = await RedisServer.start();
    folder = mkdtempSync(join(tmpdir(), 'weightscope-queue-'));
  });
  afterEach(async () => {
    for (const worker of running) worker.process.kill('SIGKILL');
    running = [];
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (options: Partial<QueuedBuildOptions> = {}) =>
    buildQueuedAtlas(tinyModel(MODEL), join(folder, 'atlas'), {
      ...OPTIONS,
      queue: redis.url,
      location: 'tiny',
      ...options,
    });

  /** All of it, and nothing else, is what the build in one process wrote. */
  function expectWhole(manifest: Manifest): void {
    expect(manifest.files).toEqual(expected.files);
    const entries = readdirSync(join(folder, 'atlas'), { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isFile())).toHaveLength(manifest.files.length + 1);
  }

  it('is the atlas of one process, each unit computed once', async () => {
    // As long a lock as by default: none of them ends, and a busy machine is no reason to give its unit to another.
    const workers = [1, 2, 3].map(() => new Worker({ queue: redis.url, lock: 30 }));
    const said: string[] = [];
    expectWhole(await start({ progress: (_, what) => said.push(what) }));
    const done = workers.flatMap((worker) => worker.done);
    expect(new Set(done).size).toBe(done.length);
    expect(done.filter((name) => !name.startsWith('normaliser'))).toHaveLength(expected.units.length);
    expect(said.some((what) => /^\d+ of \d+ units, .* a second, \d workers?$/.test(what))).toBe(true);
    for (const worker of workers) {
      await worker.kill('SIGINT');
      expect(worker.lines.at(-1)).toBe(`ended ${worker.done.length}`);
    }
  });

  it('loses nothing when workers are killed in the middle of units', async () => {
    const doomed = [1, 2, 4].map((pauseAt) => new Worker({ queue: redis.url, pauseAt }));
    const building = start();
    for (const worker of doomed) {
      await worker.says(/^paused$/);
      await worker.kill('SIGKILL');
    }
    const heirs = [1, 2].map(() => new Worker({ queue: redis.url }));
    expectWhole(await building);
    const done = [...doomed, ...heirs].flatMap((worker) => worker.done);
    expect(new Set(done).size).toBe(done.length);
  });

  it('is whole though a worker lost its lock, and finishes its unit after all others', async () => {
    const frozen = new Worker({ queue: redis.url, pauseAt: 1 });
    const building = start();
    await frozen.says(/^paused$/);
    frozen.process.kill('SIGSTOP');
    const other = new Worker({ queue: redis.url });
    expectWhole(await building);
    frozen.process.kill('SIGCONT');
    frozen.goOn();
    const [late] = [await frozen.says(/ done in /)].map((line) => line.replace(/ done in.*/, ''));
    expect(other.done).toContain(late);
    await frozen.kill('SIGINT');
    expect(frozen.lines.at(-1)).toBe('ended 1');
    const { files } = await buildAtlas(tinyModel(MODEL), join(folder, 'atlas'), { ...OPTIONS, resume: true });
    expectWhole({ ...expected, files });
  });

  it('is whole though all units were on the queue twice', async () => {
    const first = new Worker({ queue: redis.url, pauseAt: 1 });
    const building = start();
    await first.says(/^paused$/);
    const client = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(QUEUE, { connection: client as never, prefix: PREFIX });
    const jobs = await queue.getJobs(['wait', 'active']);
    await queue.addBulk(jobs.map(({ data, id }) => ({ name: 'unit', data, opts: { jobId: `double-${id}` } })));
    const others = [1, 2].map(() => new Worker({ queue: redis.url }));
    // The unit of the one that pauses is done by another one meanwhile, as its double.
    await Promise.race(others.map((worker) => worker.says(/ done in /)));
    first.goOn();
    expectWhole(await building);
    await queue.close();
    client.disconnect();
  });

  it('survives a Redis that vanishes in the middle of a unit and comes back empty', async () => {
    const worker = new Worker({ queue: redis.url, pauseAt: 5 });
    const said: string[] = [];
    const building = start({ progress: (_, what) => said.push(what) });
    await worker.says(/^paused$/);
    const before = worker.done.length;
    await redis.kill();
    worker.goOn();
    await expect.poll(() => worker.done.length).toBe(before + 1);
    await expect.poll(() => said.at(-1)).toMatch(/waiting for Redis at redis:\/\/127/);
    await redis.start();
    expectWhole(await building);
    expect(new Set(worker.done).size).toBe(worker.done.length);
  });

  it.each(['with the queue', 'without'])(
    'that lost its Redis for good ends, and goes on by --resume %s',
    async (how) => {
      const worker = new Worker({ queue: redis.url, pauseAt: 5 });
      const building = start({ patience: 1 });
      await worker.says(/^paused$/);
      const kept = worker.done;
      expect(kept.length).toBeGreaterThan(0);
      await redis.kill();
      await expect(building).rejects.toMatchObject({
        code: 'QUEUE_UNAVAILABLE',
        message: expect.stringMatching(/kept.*--resume/),
      });
      await worker.kill('SIGKILL');
      if (how === 'without') {
        const engine = referenceEngine();
        expectWhole(await buildAtlas(tinyModel(MODEL), join(folder, 'atlas'), { ...OPTIONS, engine, resume: true }));
      } else {
        await redis.start();
        const heir = new Worker({ queue: redis.url });
        expectWhole(await start({ resume: true }));
        expect(heir.done.filter((name) => kept.includes(name))).toEqual([]);
      }
    },
  );

  it('gets a unit back at once from a worker that is stopped', async () => {
    // Nobody would take it for dead in this test's time.
    const stopped = new Worker({ queue: redis.url, pauseAt: 1, lock: 600 });
    const building = start();
    await stopped.says(/^paused$/);
    await stopped.kill('SIGINT');
    expect(stopped.lines.at(-1)).toBe('ended 0');
    new Worker({ queue: redis.url, lock: 600 });
    expectWhole(await building);
  });

  it('ends when a unit keeps failing, and goes on by --resume when it does not', async () => {
    const broken = new Worker({ queue: redis.url, fails: true });
    await expect(start({ attempts: 2 })).rejects.toMatchObject({
      code: 'UNIT_FAILED',
      message: expect.stringMatching(/failed 2 times.*this machine is out of order.*--resume/s),
    });
    await broken.kill('SIGINT');
    new Worker({ queue: redis.url });
    expectWhole(await start({ resume: true }));
  });

  it('takes its jobs from the queue when it is stopped', async () => {
    const controller = new AbortController();
    const building = start({ signal: controller.signal, progress: () => controller.abort() });
    await expect(building).rejects.toMatchObject({ code: 'ABORTED' });
    const client = new Redis(redis.url);
    expect((await client.keys('*:unit-*')).length).toBe(0);
    client.disconnect();
  });

  it('is not touched by a worker with another checkpoint, which says so and ends', async () => {
    const other = new Worker({ queue: redis.url, model: { ...MODEL, seed: 8 } });
    const building = start();
    expect(await other.says(/^refused/)).toMatch(/^refused ATLAS_MISMATCH: .*another one here.*--model/);
    await other.ended;
    new Worker({ queue: redis.url });
    expectWhole(await building);
  });

  it.skipIf(s3Skipped)(`may lie in a bucket${s3Skipped}`, async () => {
    const s3 = await startS3();
    Object.assign(process.env, s3.env);
    try {
      new Worker({ queue: redis.url });
      const place = 's3://atlases/tiny';
      const { files } = await buildQueuedAtlas(tinyModel(MODEL), place, {
        ...OPTIONS,
        queue: redis.url,
        location: 'tiny',
      });
      expect(files).toEqual(expected.files);
      const store = await openStore(place);
      for (const { name } of await store.list('')) {
        mkdirSync(join(folder, 'atlas', name, '..'), { recursive: true });
        writeFileSync(join(folder, 'atlas', name), (await store.get(name))!);
      }
      const atlas = await openAtlas(join(folder, 'atlas'));
      await atlas.check();
      atlas.close();
    } finally {
      for (const name of Object.keys(s3.env)) delete process.env[name];
      s3.stop();
    }
  });

  it('by the commands, from the built-in model', async () => {
    const [queued, alone] = ['queued', 'alone'].map((name) => join(folder, name));
    const build = ['atlas', 'build', 'sample', '--what', 'directions', '--top', '20', '-o'];
    const builds = [weightscope([...build, queued, '--queue', redis.url]), weightscope([...build, alone])];
    // How long the builder takes to begin is the machine's: a worker that idles so long would have left before.
    const client = new Redis(redis.url);
    await expect.poll(async () => (await client.keys('*:unit-*')).length, { timeout: 60_000 }).toBeGreaterThan(0);
    client.disconnect();
    const [worker, builder, plain] = await Promise.all([
      weightscope(['worker', '--idle', '4', '--model', 'sample'], { env: { WEIGHTSCOPE_QUEUE: redis.url } }),
      ...builds,
    ]);
    const madeIn = (atlas: string) => expect.stringContaining(`The atlas of sample is in ${atlas} (`);
    expect(plain).toEqual({ status: 0, stdout: '', stderr: madeIn(alone) });
    expect(builder).toMatchObject({ status: 0, stdout: '' });
    expect(builder.stderr).toEqual(madeIn(queued));
    // How far it is comes only where it takes seconds.
    const before = builder.stderr.split('\n').slice(0, -2);
    for (const line of before) expect(line).toMatch(/^\d+ %, \d+ of \d+ units, .* workers?/);
    expect(worker).toMatchObject({ status: 0, stdout: '' });
    expect(worker.stderr).toMatch(/^waiting for units at redis:.*\ndirections: 0 to \d+ done in [\d.]+ s\n$/);
    const files = (atlas: string) => JSON.parse(readFileSync(join(atlas, 'manifest.json'), 'utf8')).files;
    expect(files(queued)).toEqual(files(alone));
  });

  it('is not begun with a Redis that may evict, and nothing is queued', async () => {
    const evicting = await RedisServer.start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    try {
      await expect(start({ queue: evicting.url })).rejects.toMatchObject({
        code: 'QUEUE_EVICTS',
        message: expect.stringMatching(/allkeys-lru.*noeviction/),
      });
      expect(existsSync(join(folder, 'atlas'))).toBe(false);
      const worker = new Worker({ queue: evicting.url });
      expect(await worker.says(/^refused/)).toMatch(/^refused QUEUE_EVICTS/);
      const client = new Redis(evicting.url);
      expect(await client.dbsize()).toBe(0);
      client.disconnect();
    } finally {
      await evicting.stop();
    }
  });

  it('is not begun without a Redis, or with a wrong password, which is never shown', async () => {
    const locked = await RedisServer.start('--requirepass', 'opensesame');
    try {
      for (const password of ['', ':s3cr3t@']) {
        const failure = await start({ queue: locked.url.replace('//', `//${password}`) }).catch((error) => error);
        expect(failure).toMatchObject({ code: 'QUEUE_UNAVAILABLE', message: expect.stringMatching(/password/) });
        expect(`${failure.message} ${failure.cause}`).not.toContain('s3cr3t');
      }
      const queue = locked.url.replace('//', '//:opensesame@');
      const worker = new Worker({ queue });
      expectWhole(await start({ queue }));
      expect(worker.lines.join()).not.toContain('opensesame');
    } finally {
      await locked.stop();
    }
    await redis.kill();
    await expect(start({ patience: 0.2 })).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await expect(start({ queue: 'http://:s3cr3t@x' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.not.stringContaining('s3cr3t'),
    });
    mkdirSync(folder, { recursive: true });
    expect(readdirSync(folder)).toEqual(['atlas']);
  });
});
