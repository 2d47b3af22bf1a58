import { type FormEvent, useState } from 'react';
import type { ModelInfo } from '../../api/types.ts';
import { useOpening } from '../../api/use-opening.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { type Place, recentPlaces } from '../../state/recent-places.ts';
import './open-another.css';

/** Opens one more model in the running server: a place that is typed, or one of those opened before. */
export function OpenAnother({ base, opened }: { base: ModelInfo; opened: (id: string) => void }) {
  const [place, setPlace] = useState('');
  const [adapter, setAdapter] = useState(false);
  const opening = useOpening((id) => {
    setPlace('');
    opened(id);
  });
  const open = (wanted: Place) => void opening.open(wanted, base.id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (place.trim()) open({ place: place.trim(), ...(adapter && { adapter }) });
  };
  const recent = recentPlaces();
  return (
    <div className="open-another">
      <form onSubmit={submit}>
        <label>
          <span className="soft">Open a path, a hub id, a URL, or an adapter’s folder</span>
          <input
            type="text"
            value={place}
            onChange={(event) => setPlace(event.currentTarget.value)}
            placeholder="HuggingFaceTB/SmolLM2-135M, ./tuned, sample"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
          />
        </label>
        <label className="check">
          <input type="checkbox" checked={adapter} onChange={(event) => setAdapter(event.currentTarget.checked)} /> it
          is an adapter of {base.id}
        </label>
        <button type="submit" className="pill" disabled={!place.trim() || opening.asked !== undefined}>
          open
        </button>
      </form>
      {recent.length > 0 && (
        <ul className="recent" aria-label="Opened before">
          {recent.map((one) => (
            <li key={`${one.place}${one.adapter}`}>
              <button
                type="button"
                className="pill"
                disabled={opening.asked !== undefined}
                title={one.place}
                onClick={() => open(one)}
              >
                {one.adapter && '+ '}
                {shortened(one.place)}
              </button>
            </li>
          ))}
        </ul>
      )}
      {opening.asked !== undefined && (
        <Loading what={`Opening ${shortened(opening.asked)}`} progress={opening.progress} cancel={opening.cancel} />
      )}
      {opening.error !== undefined && <ErrorState error={opening.error} />}
    </div>
  );
}

const MOST_CHARACTERS = 36;

/** The end of a place says most of it. */
const shortened = (place: string): string =>
  place.length <= MOST_CHARACTERS ? place : `…${place.slice(1 - MOST_CHARACTERS)}`;
