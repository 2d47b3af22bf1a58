import { formatCount } from '../format.ts';
import './preview-line.css';

interface PreviewMarkProps {
  /** What the words were taken from at first; undefined where they were exact from the start. */
  began: { vectors: number; of: number } | undefined;
  exact: boolean;
}

/** Before words that are a preview; it keeps its room when the exact ones are there. */
export function PreviewMark({ began, exact }: PreviewMarkProps) {
  if (!began) return null;
  const sample = `${formatCount(began.vectors)} of ${formatCount(began.of)} vectors`;
  return (
    <span
      className="preview-mark"
      data-exact={exact}
      title={`Preview: freq is the mean over a sample of ${sample}. The exact words take the place of these.`}
    >
      <span aria-hidden="true">≈ </span>
      <span className="visually-hidden">preview: </span>
    </span>
  );
}
