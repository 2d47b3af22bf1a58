import { useSyncExternalStore } from 'react';
import { addressOf, type Pin, pinFrom } from './pin.ts';

/** A pinned reading with what its reader wrote beside it. */
export interface Pinned {
  pin: Pin;
  note: string;
}

export const MOST_PINS = 200;
const LONGEST_NOTE = 4000;
/** Longer addresses are cut by mail programs and chats. */
export const LONGEST_LINK = 2000;

/** A board as a file: addresses and notes, nothing of this machine. */
export const toJson = (pinned: readonly Pinned[]): string =>
  `${JSON.stringify({ weightscopeBoard: 1, pins: pinned.map(({ pin, note }) => ({ address: addressOf(pin), note })) }, null, 1)}\n`;

/** Reads {@link toJson}'s text. Throws an Error with a sentence for what is no board. */
export function fromJson(text: string): Pinned[] {
  const wrong = (what: string) => new Error(`Expected a board as this page saves it (JSON), ${what}.`);
  let value: { weightscopeBoard?: unknown; pins?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('got text that is no JSON');
  }
  if (value?.weightscopeBoard !== 1 || !Array.isArray(value.pins)) throw wrong('got another file');
  return checked(
    value.pins.map((one: { address?: unknown; note?: unknown } | null) => [one?.address, one?.note]),
    wrong,
  );
}

function checked(rows: readonly (readonly [unknown, unknown])[], wrong: (what: string) => Error): Pinned[] {
  if (rows.length > MOST_PINS) throw wrong(`of ${MOST_PINS} pins at most, got ${rows.length}`);
  return rows.map(([address, note = ''], i) => {
    const pin = pinFrom(address);
    if (!pin) throw wrong(`but the address of pin ${i + 1} is of no neuron, head or token`);
    if (typeof note !== 'string') throw wrong(`but the note of pin ${i + 1} is no text`);
    return { pin, note: note.slice(0, LONGEST_NOTE) };
  });
}

/** For a link: JSON of addresses and notes as base64url. Undefined where it is too long for one. */
export function toLink(pinned: readonly Pinned[]): string | undefined {
  const rows = pinned.map(({ pin, note }) => (note ? [addressOf(pin), note] : [addressOf(pin)]));
  const bytes = new TextEncoder().encode(JSON.stringify(rows));
  const text = btoa(String.fromCharCode(...bytes.slice(0, LONGEST_LINK + 1)));
  if (bytes.length > LONGEST_LINK || text.length > LONGEST_LINK) return undefined;
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Reads {@link toLink}'s text. Throws an Error with a sentence for what is no board. */
export function fromLink(text: string): Pinned[] {
  const wrong = (what: string) => new Error(`Expected a link to a board, ${what}.`);
  let rows: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    rows = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw wrong('but a part of it is missing or changed');
  }
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) throw wrong('got another one');
  return checked(rows as [unknown, unknown][], wrong);
}

const KEY = 'weightscope-board';
const listeners = new Set<() => void>();
let cached: { text: string; pinned: readonly Pinned[] } = { text: '', pinned: [] };

/** What is pinned in this browser. A board that cannot be read is an empty one. */
export function board(): readonly Pinned[] {
  const text = stored();
  if (text === cached.text) return cached.pinned;
  try {
    cached = { text, pinned: text === '' ? [] : fromJson(text) };
  } catch {
    cached = { text, pinned: [] };
  }
  return cached.pinned;
}

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return cached.text; // In a window that keeps nothing, the board lives as long as the page.
  }
}

export function setBoard(pinned: readonly Pinned[]): void {
  const text = toJson(pinned);
  try {
    localStorage.setItem(KEY, text);
  } catch {
    cached = { text, pinned };
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  globalThis.addEventListener?.('storage', listener);
  return () => {
    listeners.delete(listener);
    globalThis.removeEventListener?.('storage', listener);
  };
}

/** The board as it is, in every window of this browser. */
export const useBoard = (): readonly Pinned[] => useSyncExternalStore(subscribe, board);

export const isPinned = (pinned: readonly Pinned[], pin: Pin): boolean =>
  pinned.some((one) => addressOf(one.pin) === addressOf(pin));

/** With it at the end, or without it; a full board takes no more, and loses none. */
export const toggled = (pinned: readonly Pinned[], pin: Pin): Pinned[] =>
  isPinned(pinned, pin)
    ? pinned.filter((one) => addressOf(one.pin) !== addressOf(pin))
    : [...pinned, ...(pinned.length < MOST_PINS ? [{ pin, note: '' }] : [])];

/** With one moved up (−1) or down (1); at an end it stays. */
export function moved(pinned: readonly Pinned[], at: number, by: -1 | 1): Pinned[] {
  const to = at + by;
  const result = [...pinned];
  if (to < 0 || to >= pinned.length) return result;
  [result[at], result[to]] = [result[to]!, result[at]!];
  return result;
}

/** What is there, and after it what is not there yet. Throws an Error with a sentence where that is too much. */
export function joined(pinned: readonly Pinned[], more: readonly Pinned[]): Pinned[] {
  const all = [...pinned];
  for (const one of more) if (!isPinned(all, one.pin)) all.push(one);
  if (all.length > MOST_PINS)
    throw new Error(`Expected ${MOST_PINS} pins at most on a board, it would have ${all.length}; remove some first.`);
  return all;
}
