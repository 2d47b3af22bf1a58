import type { Wait } from '../api/use-long-query.ts';
import { formatCount } from '../format.ts';
import './preview-line.css';

interface PreviewLineProps {
  /** What the page began with; undefined where it was exact from the start. */
  began: { vectors: number; of: number } | undefined;
  /** The exact list is there. */
  exact: boolean;
  /** The pass over all layers. */
  wait: Wait & { refetch: () => unknown };
}

/** Says that lists are a preview, how far the exact ones are, and when they are there, in the room of the longest. */
export function PreviewLine({ began, exact, wait }: PreviewLineProps) {
  if (!began) return null;
  const sample = `${formatCount(began.vectors)} of ${formatCount(began.of)} vectors`;
  const { progress, cancel, cancelled, refetch } = wait;
  return (
    <div className="preview-line" role="status" data-exact={exact}>
      {/* Both stand in one cell, so that what follows does not move when the one takes the other's place. */}
      <p aria-hidden={exact}>
        <b>Preview.</b> <span className="number">freq</span> is the mean over a sample of {sample}: for 95 % of tokens
        the exact score is within the ± beside it.{' '}
        {cancelled ? 'The exact lists were given up. ' : 'The exact lists take its place: '}
        <span className="preview-wait">
          <progress value={progress?.done ?? 0} max={1} aria-label="The exact lists" />
          <button type="button" className="pill" disabled={exact} onClick={cancelled ? () => void refetch() : cancel}>
            {cancelled ? 'start' : 'cancel'}
          </button>
        </span>
      </p>
      <p aria-hidden={!exact}>
        <b>Exact.</b> <span className="number">freq</span> is the mean over all {formatCount(began.of)} vectors; the
        preview’s lists have been replaced.
      </p>
    </div>
  );
}
