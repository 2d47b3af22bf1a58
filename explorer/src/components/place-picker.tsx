import { type ReactNode, useEffect, useState } from 'react';
import { neuronText, placeIn } from '../../../src/reading/place.ts';
import { useStepKeys } from './use-step-keys.ts';
import './place-picker.css';

interface PlacePickerProps {
  /** `Neuron`, `Head`: the page's heading begins with it. */
  what: string;
  layer: number;
  index: number;
  /** Whose neuron, in a model with experts. */
  expert?: number | undefined;
  /** How many there are; undefined while that is not known. */
  layers: number | undefined;
  count: number | undefined;
  onPick: (layer: number, index: number, expert?: number) => void;
  /** What else the place is told by. */
  children?: ReactNode;
}

/**
 * The heading of a page about one of many: `Neuron 28:100`, whose numbers can be typed over; ← and → step through a
 * layer.
 */
export function PlacePicker({ what, layer, index, expert, layers, count, onPick, children }: PlacePickerProps) {
  const written = neuronText({ layer, neuron: index, expert });
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const previous = index > 0 ? () => onPick(layer, index - 1, expert) : undefined;
  const next = count === undefined || index + 1 < count ? () => onPick(layer, index + 1, expert) : undefined;
  useStepKeys(previous, next);
  return (
    <div className="place-picker">
      <h1>
        {what}
        <span className="visually-hidden"> {written}</span>
      </h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const place = placeIn(text);
          const one = what.toLowerCase();
          if (place && (place.kind ?? one) === one) onPick(place.layer, place.index, place.expert);
          else setText(written);
        }}
      >
        <input
          aria-label={`${what}, layer and index`}
          value={text}
          style={{ width: `${Math.max(3, text.length)}ch` }}
          title={
            layers === undefined || count === undefined
              ? ''
              : `layer 0 to ${layers - 1}, ${what.toLowerCase()} 0 to ${count - 1}`
          }
          onChange={(event) => setText(event.currentTarget.value)}
          onFocus={(event) => event.currentTarget.select()}
        />
      </form>
      {children}
      <button
        type="button"
        aria-label={`Previous ${what.toLowerCase()}`}
        aria-keyshortcuts="ArrowLeft"
        disabled={!previous}
        onClick={previous}
      >
        ‹
      </button>
      <button
        type="button"
        aria-label={`Next ${what.toLowerCase()}`}
        aria-keyshortcuts="ArrowRight"
        disabled={!next}
        onClick={next}
      >
        ›
      </button>
    </div>
  );
}
