import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const there = spawnSync('redis-server', ['--version']).status === 0;

/** For the names of tests that start servers of their own. */
export const redisSkipped = there ? '' : ' (skipped: needs redis-server, on Debian apt-get install redis-server)';

/** A Redis of this test alone: on a free port of this machine, in memory. */
export class RedisServer {
  readonly port: number;
  readonly url: string;
  readonly #settings: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'));
  #process: ChildProcess | undefined;

  static async start(...settings: string[]): Promise<RedisServer> {
    for (let tries = 1; ; tries++) {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address() as { port: number };
      probe.close();
      await once(probe, 'close');
      const server = new RedisServer(port, settings);
      try {
        await server.start();
        return server;
      } catch (error) {
        await server.stop();
        // Another test may have taken the port that was free a moment ago.
        if (tries === 5 || !/address already in use/i.test(String(error))) throw error;
      }
    }
  }

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#settings = settings;
  }

  /** Again after {@link kill}: with nothing in it. */
  async start(): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder];
    const server = spawn('redis-server', [...fixed, ...this.#settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.stdout.on('data', (text) => {
        said += text;
        if (/Ready to accept connections/.test(said)) resolve();
      });
      server.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
    });
  }

  /** As when the machine goes away: nothing is saved, connections break. */
  async kill(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
