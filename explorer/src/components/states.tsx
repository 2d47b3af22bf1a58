import type { ReactNode } from 'react';
import { ApiError } from '../../../src/client.ts';
import type { Progress } from '../api/queries.ts';
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

/** While an answer is on its way. It appears after a moment, so that quick answers do not flicker. */
export function Loading({ what, progress }: { what: string; progress?: Progress | undefined }) {
  return (
    <p className="state loading" role="status">
      {progress ? `${progress.what} ` : `${what} …`}
      {progress && <progress value={progress.done} max={1} aria-label={what} />}
    </p>
  );
}

/** Nothing to show, and why. */
export function Empty({ children }: { children: ReactNode }) {
  return <p className="state">{children}</p>;
}

/** What went wrong, in the server's own sentence, and a way on. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="state error" role="alert">
      <p className="message">{message}</p>
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
  /** A result of useQuery. */
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  /** What is awaited: `Reading the neuron`. */
  what: string;
  progress?: Progress | undefined;
  children: (data: T) => ReactNode;
}

/** The states of a query: on its way, failed, or here. */
export function Answer<T>({ query, what, progress, children }: AnswerProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading what={what} progress={progress} />;
}
