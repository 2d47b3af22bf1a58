import { Opened, type Served } from '../questions/opened.ts';
import { type WorkLimits, WorkQueue } from './work.ts';

/** What the routes share. */
export class ServerState extends Opened {
  /** For what the engine does. */
  readonly queue: WorkQueue;
  /** For what a stranger's SQL makes the database do. */
  readonly sqlQueue: WorkQueue;

  constructor(served: Served, limits: WorkLimits = {}) {
    super(served);
    this.queue = new WorkQueue(limits);
    this.sqlQueue = new WorkQueue(limits);
  }
}

/** Ids for names: the last part of a path or hub id, made safe for a URL and told apart by a number. */
export function idsOf(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const last =
      name
        .replace(/[\\/]+$/, '')
        .split(/[\\/]/)
        .at(-1) ?? '';
    const safe = last.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'model';
    let id = safe;
    for (let n = 2; taken.has(id); n++) id = `${safe}-${n}`;
    taken.add(id);
    return id;
  });
}
