import { removeUnfinishedFiles } from '../source/whole-file.node.ts';
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

let gently = false;

/**
 * From now on the first Ctrl-C only fires {@link signal}: the command takes a moment to leave things as they should be
 * and ends by itself. The second ends it at once.
 */
export function endGently(): void {
  gently = true;
}

/** Ctrl-C ends the run at once, with status 130 (143 for SIGTERM), unless the command is to {@link endGently}. */
export function endOnSignals(): void {
  for (const [name, status] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ] as const) {
    process.on(name, () => {
      if (gently && !signal.aborted) return controller.abort();
      controller.abort();
      for (const cleanup of cleanups) cleanup();
      removeUnfinishedFiles();
      process.exit(status);
    });
  }
}
