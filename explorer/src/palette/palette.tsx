import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { neuronText, placeIn } from '../../../src/reading/place.ts';
import { modelQuery, placesQuery } from '../api/queries.ts';
import type { ModelInfo, Place } from '../api/types.ts';
import { TokenText } from '../components/token-text.tsx';
import { useSettled } from '../components/use-settled.ts';
import { addressOf, type Destination, pagesOf, searchFor } from './destinations.ts';
import './palette.css';

interface PaletteProps {
  model: string;
  close: () => void;
}

/** Type where to go: `neuron 28:100`, `head 23:9`, a word, an expression. Loaded when it is first opened. */
export default function Palette({ model, close }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const asked = useSettled(text.trim(), 60);
  const query = useQuery({ ...placesQuery(model, asked), enabled: asked !== '' });
  const { data: info } = useQuery(modelQuery(model));
  const places = asked === '' ? [] : (query.data?.places ?? []);
  const pages = pagesOf(model).filter(({ title }) => title.toLowerCase().startsWith(text.trim().toLowerCase()));

  const searched = isNothing(text, asked, query, places) && pages.length === 0 ? asked : undefined;

  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    input.current?.focus();
  }, []);
  const go = (destination: Destination) => {
    close();
    void navigate(destination);
  };

  // Enter may come before the answer to the last letter, when none or older places are listed: it then waits for it.
  const [entered, setEntered] = useState(false);
  const here = asked === text.trim() && !query.isFetching;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || here || (places.length === 0 && pages.length > 0)) return;
    event.preventDefault();
    setEntered(true);
  };
  useEffect(() => {
    if (!entered || !here) return;
    setEntered(false);
    if (places[0]) go(addressOf(model, places[0]));
    else if (searched !== undefined) go(searchFor(model, searched));
  });
  return (
    <dialog ref={dialog} className="palette" aria-label="Go to" onClose={close}>
      <Command shouldFilter={false} label="Go to" loop onKeyDown={onKeyDown}>
        <Command.Input
          ref={input}
          value={text}
          onValueChange={(typed) => {
            setText(typed);
            setEntered(false);
          }}
          placeholder="neuron 0:381, head 5:2, a word, tok:&quot; king&quot; − tok:&quot; man&quot;"
        />
        <Command.List>
          <Command.Empty>{emptyText(text, asked, query, info)}</Command.Empty>
          {places.map((place) => (
            <Command.Item key={keyOf(place)} value={keyOf(place)} onSelect={() => go(addressOf(model, place))}>
              <span className="kind">{place.kind === 'vector' ? 'read' : place.kind}</span>
              <PlaceText place={place} />
            </Command.Item>
          ))}
          {searched !== undefined && (
            <Command.Item value="search for words" onSelect={() => go(searchFor(model, searched))}>
              <span className="kind">search</span>
              <span>Search neurons and heads for “{searched}”</span>
            </Command.Item>
          )}
          {pages.map(({ title, hint, to }) => (
            <Command.Item key={title} value={title} onSelect={() => go(to)}>
              <span className="kind">page</span>
              <span>{title}</span>
              <span className="soft"> {hint}</span>
            </Command.Item>
          ))}
        </Command.List>
      </Command>
    </dialog>
  );
}

function PlaceText({ place }: { place: Place }) {
  switch (place.kind) {
    case 'token':
      return (
        <span className="mono">
          <TokenText label={place.token.label} />
          <span className="soft"> {place.token.id}</span>
        </span>
      );
    case 'neuron':
      return <span className="mono">{neuronText(place)}</span>;
    case 'head':
      return (
        <span className="mono">
          {place.layer}:{place.head}
        </span>
      );
    case 'vector':
      return <span className="mono">{place.expression}</span>;
  }
}

function keyOf(place: Place): string {
  return `${place.kind} ${place.kind === 'token' ? place.token.id : place.text}`;
}

function emptyText(
  text: string,
  asked: string,
  { error, isPending }: { error: unknown; isPending: boolean },
  info: ModelInfo | undefined,
): string {
  if (text.trim() === '') return 'Type where to go.';
  if (asked !== text.trim() || isPending) return '…';
  if (error instanceof Error) return error.message;
  if (info && placeIn(text)) {
    const last = info.layers - 1;
    const whose = info.experts > 0 ? ` (${last}:1:0, with its number, of expert 1)` : '';
    return `The places of ${info.id} are neurons 0:0 to ${last}:${info.neurons - 1}${whose} and heads 0:0 to ${last}:${info.heads - 1}.`;
  }
  return '…';
}

/** The text was asked for and reads as nothing: neither as a place, which may be one that is not there. */
const isNothing = (text: string, asked: string, query: { isSuccess: boolean }, places: readonly Place[]): boolean =>
  asked !== '' && asked === text.trim() && query.isSuccess && places.length === 0 && !placeIn(text);
