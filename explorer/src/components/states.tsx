import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../../../src/client.ts';
import { isGone } from '../api/gone.ts';
import type { Wait } from '../api/use-long-query.ts';
import { formatDuration } from '../format.ts';
import './states.css';

/** A remark in the margin, in words: what was applied, what a drawing shows. */
export function Note({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <aside className="note">
      {title && <h2>{title}</h2>}
      {children}
    </aside>
  );
}

/** Shorter waits need no clock. */
const LONG = 2;

/**
 * While an answer is on its way: what is done, how far it is, for how long, and a way out. It appears after a moment,
 * so that quick answers do not flicker.
 */
export function Loading({ what, progress, cancel }: { what: string } & Wait) {
  const seconds = useSeconds();
  const done = progress?.done ?? 0;
  // A new step begins at nothing again: how long the ones before it took says nothing of it.
  const [step, setStep] = useState({ what: progress?.what, began: 0 });
  if (progress?.what !== step.what) setStep({ what: progress?.what, began: seconds });
  const spent = seconds - step.began;
  return (
    <p className="state loading" role="status">
      {progress ? `${what}: ${progress.what} ` : `${what} … `}
      {(progress || seconds >= LONG) && <progress {...(progress && { value: done })} max={1} aria-label={what} />}
      {seconds >= LONG && (
        <span aria-hidden="true">
          {' '}
          {formatDuration(seconds)}
          {done > 0.05 &&
            done < 1 &&
            spent > 4 &&
            `, about ${formatDuration((spent * (1 - done)) / done)} of this step left`}{' '}
        </span>
      )}
      {cancel && seconds >= LONG && (
        <button type="button" className="pill" onClick={cancel}>
          cancel
        </button>
      )}
    </p>
  );
}

/** Whole seconds since it was first shown. */
function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

/** Nothing to show, and why. */
export function Empty({ children }: { children: ReactNode }) {
  return <p className="state">{children}</p>;
}

/** What went wrong, in the server's own sentence, and a way on. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  // The notice above every page says it once.
  if (isGone(error)) return <p className="state">Waiting for the server …</p>;
  // Below its sentence an expression stands with a mark under what is wrong: there letters are of one width.
  const [sentence, ...shown] = (error instanceof Error ? error.message : String(error)).split('\n');
  return (
    <div className="state error" role="alert">
      <p className="message">{sentence}</p>
      {shown.length > 0 && <pre className="mono">{shown.join('\n')}</pre>}
      {error instanceof ApiError && <p className="soft mono">{error.code}</p>}
      {retry && mayChange(error) && (
        <button type="button" className="pill" onClick={retry}>
          try again
        </button>
      )}
    </div>
  );
}

/** A wrong question stays wrong; a server that was busy or gone may come back. */
function mayChange(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status < 400 || error.status >= 500;
}

interface AnswerProps<T> {
  /** A result of useQuery or useLongQuery. */
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown } & Wait;
  /** What is awaited: `Reading the neuron`. */
  what: string;
  children: (data: T) => ReactNode;
}

/** The states of a query: on its way, given up, failed, or here. */
export function Answer<T>({ query, what, children }: AnswerProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Waiting query={query} what={what} />;
}

/** A wait, or what is left of it when the reader has ended it. */
export function Waiting({ query, what }: { query: { refetch: () => unknown } & Wait; what: string }) {
  if (!query.cancelled) return <Loading what={what} progress={query.progress} cancel={query.cancel} />;
  return (
    <p className="state">
      {what} was cancelled.{' '}
      <button type="button" className="pill" onClick={() => void query.refetch()}>
        start again
      </button>
    </p>
  );
}
