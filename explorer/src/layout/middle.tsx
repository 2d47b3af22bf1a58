import { Link, useLocation } from '@tanstack/react-router';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The menu led here, and knew no place that stands out. */
    middle?: true | undefined;
  }
}

/** Says of a place that nobody chose that it is any place, and where those that stand out are found. */
export function JustTheMiddle({ model, kind }: { model: string; kind: 'neuron' | 'head' }) {
  const middle = useLocation({ select: ({ state }) => state.middle === true });
  if (!middle) return null;
  return (
    <p className="page-line" role="note">
      This {kind} is merely in the middle of the model: which ones stand out is not known yet.{' '}
      <Link to="/m/$model" params={{ model }}>
        The model’s page
      </Link>{' '}
      finds them.
    </p>
  );
}
