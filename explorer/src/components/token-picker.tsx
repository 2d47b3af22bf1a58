import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { apiQuery, place, tokens as question } from '../api/queries.ts';
import type { Token } from '../api/types.ts';
import { TokenLabel } from './token-label.tsx';
import './token-picker.css';

interface TokenPickerProps {
  /** What the token is for: `token whose row is read`. */
  label: string;
  model: string;
  onPick: (token: Token) => void;
  placeholder?: string;
}

/** Finds a token by the beginning of its text: type, arrows, Enter (WAI-ARIA's combobox with a list). */
export function TokenPicker({ label, model, onPick, placeholder = 'a word' }: TokenPickerProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const [entered, setEntered] = useState(false);
  const prefix = text.trim();
  const found = useQuery({
    ...apiQuery(question, { param: place({ model }), query: { prefix, k: 12 } }),
    enabled: prefix !== '',
    placeholderData: (previous) => previous,
  });
  const tokens = open && prefix !== '' ? (found.data?.tokens ?? []) : [];
  const active = Math.min(at, tokens.length - 1);
  const pick = (token: Token): void => {
    setOpen(false);
    setText('');
    onPick(token);
  };
  // Enter may come before the answer to the last letter: it then waits for it.
  useEffect(() => {
    if (!entered || found.isFetching) return;
    setEntered(false);
    if (tokens[active]) pick(tokens[active]);
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setOpen(false);
    if (event.key === 'Enter') setEntered(true);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || tokens.length === 0) return;
    event.preventDefault();
    setAt((active + step + tokens.length) % tokens.length);
  };
  return (
    <div className="token-picker">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={tokens.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={tokens[active] ? `${id}-${tokens[active].id}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
      />
      {tokens.length > 0 && (
        <div role="listbox" id={`${id}-list`} aria-label="tokens">
          {tokens.map((token, index) => (
            <div
              key={token.id}
              id={`${id}-${token.id}`}
              role="option"
              aria-selected={index === active}
              tabIndex={-1}
              onMouseDown={(event) => {
                // The field keeps the focus.
                event.preventDefault();
                pick(token);
              }}
            >
              <TokenLabel token={token} />
              <span className="number">{token.id}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
