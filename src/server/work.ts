import { throwIfAborted, WeightscopeError } from '../errors.ts';

export interface WorkLimits {
  /** Pieces that run at one time; an engine uses all cores for one, so one is fastest for all. */
  atOnce?: number;
  /** Pieces that may wait, of all clients together and of any one. */
  waiting?: number;
  waitingPerClient?: number;
}

/**
 * A queue for heavy work, first come, first served. Who goes away leaves it; one too many is `TOO_BUSY`. Memory stays
 * that of `atOnce` readings however many clients there are.
 */
export class WorkQueue {
  readonly #limits: Required<WorkLimits>;
  readonly #waiting: { client: string; start: () => void }[] = [];
  #running = 0;

  constructor({ atOnce = 1, waiting = 256, waitingPerClient = 64 }: WorkLimits = {}) {
    this.#limits = { atOnce, waiting, waitingPerClient };
  }

  /** Pieces that run and wait now. */
  get load(): { running: number; waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  async run<T>(client: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    if (this.#running >= this.#limits.atOnce) await this.#turn(client, signal);
    else this.#running++;
    try {
      throwIfAborted(signal);
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next.start();
      else this.#running--;
    }
  }

  #turn(client: string, signal: AbortSignal): Promise<void> {
    const { waiting, waitingPerClient } = this.#limits;
    const own = this.#waiting.reduce((sum, other) => sum + Number(other.client === client), 0);
    if (this.#waiting.length >= waiting || own >= waitingPerClient)
      throw new WeightscopeError(
        'TOO_BUSY',
        `Expected fewer requests at once: ${own} of yours wait already; try again.`,
      );
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        try {
          throwIfAborted(signal);
        } catch (error) {
          reject(error);
        }
      };
      const entry = {
        client,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(entry);
    });
  }
}
