import { EXIT } from './failure.ts';

const controller = new AbortController();
const cleanups = new Set<() => void>();

/** Fires when the run is interrupted. */
export const signal: AbortSignal = controller.signal;

/** Registers what must be undone at once when the run is interrupted; returns how to unregister it. */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Ctrl-C ends the run at once, with status 130 (143 for SIGTERM). */
export function endOnSignals(): void {
  for (const [name, status] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ] as const) {
    process.once(name, () => {
      controller.abort();
      for (const cleanup of cleanups) cleanup();
      process.exit(status);
    });
  }
}
