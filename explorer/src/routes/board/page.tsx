import { getRouteApi, Link } from '@tanstack/react-router';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Empty } from '../../components/states.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { copyText, download } from '../../save.ts';
import {
  fromJson,
  fromLink,
  joined,
  moved,
  type Pinned,
  setBoard,
  toJson,
  toLink,
  useBoard,
} from '../../share/board.ts';
import { type Shown, toHtml, toMarkdown } from '../../share/board-export.ts';
import { Card } from '../../share/card.tsx';
import { linkTo } from '../../share/link.ts';
import type { CardReading } from '../../share/lists.ts';
import { addressOf, nameOf } from '../../share/pin.ts';
import '../../components/pill.css';
import './board.css';

const route = getRouteApi('/board');

/** Pinned neurons, heads and tokens with a note beside each. */
export function BoardPage() {
  const { b } = route.useSearch();
  const own = useBoard();
  const navigate = route.useNavigate();
  if (b === undefined) return <Board pinned={own} change={setBoard} />;
  let shared: Pinned[];
  try {
    shared = fromLink(b);
  } catch (error) {
    return <Empty>{(error as Error).message}</Empty>;
  }
  return (
    <Board
      pinned={shared}
      take={() => {
        setBoard(joined(own, shared));
        void navigate({ search: {} });
      }}
    />
  );
}

interface BoardProps {
  pinned: readonly Pinned[];
  /** Of the reader's own board. */
  change?: (pinned: readonly Pinned[]) => void;
  /** Of one that somebody shares: makes it the reader's own. */
  take?: () => void;
}

function Board({ pinned, change, take }: BoardProps) {
  const read = useRef(new Map<string, { name: string; reading: CardReading }>());
  const file = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [said, setSaid] = useState('');
  const shown = (): Shown[] =>
    pinned.map((one) => ({ name: nameOf(one.pin), ...one, ...read.current.get(addressOf(one.pin)) }));
  const move = (at: number, by: -1 | 1) => {
    if (!change || at + by < 0 || at + by >= pinned.length) return;
    change(moved(pinned, at, by));
    setSaid(`${nameOf(pinned[at]!.pin)} is now ${at + by + 1} of ${pinned.length}`);
    requestAnimationFrame(() => (list.current?.children[at + by] as HTMLElement | undefined)?.focus());
  };
  const keys = (at: number) => (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    move(at, event.key === 'ArrowUp' ? -1 : 1);
  };
  const link = toLink(pinned);
  const attempt = async (what: () => void | Promise<void>) => {
    try {
      await what();
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  const importFile = async (chosen: File | undefined) => {
    if (!chosen || !change) return;
    change(joined(pinned, fromJson(await chosen.text())));
    setSaid('Imported.');
  };
  return (
    <>
      <h1>Board</h1>
      <p className="page-line">
        {take
          ? 'Shared by its link. Your own board stays as it is.'
          : 'What you pinned, kept in this browser. Alt+↑ and Alt+↓ move what has the focus.'}
      </p>
      <WhatIsThis>
        Neurons, heads and tokens that were pinned on their pages
        {pinned.length > 0 &&
          `, such as ${pinned
            .slice(0, 2)
            .map(({ pin }) => nameOf(pin))
            .join(' and ')}`}
        : each is a card with its first words, read anew, and room for a note.
      </WhatIsThis>
      <div className="board-actions">
        {take && (
          <button type="button" className="pill" onClick={() => void attempt(take)}>
            add to my board
          </button>
        )}
        {pinned.length > 0 && (
          <>
            <button
              type="button"
              className="pill"
              onClick={() => download('board.md', toMarkdown(shown()), 'text/markdown')}
            >
              Markdown
            </button>
            <button type="button" className="pill" onClick={() => download('board.html', toHtml(shown()), 'text/html')}>
              HTML
            </button>
            <button
              type="button"
              className="pill"
              onClick={() => download('board.json', toJson(pinned), 'application/json')}
            >
              JSON
            </button>
            <button
              type="button"
              className="pill"
              disabled={link === undefined}
              title={link === undefined ? 'The board is too long for a link: save it as JSON' : ''}
              onClick={() =>
                void copyText(linkTo(`/board?b=${link}`)).then(
                  () => setSaid('The link is copied.'),
                  () => setSaid('The browser does not let the page copy.'),
                )
              }
            >
              copy link to the board
            </button>
          </>
        )}
        {change && (
          <>
            <button type="button" className="pill" onClick={() => file.current?.click()}>
              import JSON
            </button>
            <input
              ref={file}
              type="file"
              accept=".json,application/json"
              aria-label="A board as JSON"
              hidden
              onChange={({ currentTarget }) => void attempt(() => importFile(currentTarget.files?.[0]))}
            />
          </>
        )}
        <span role="status" className="soft">
          {said}
        </span>
      </div>
      {pinned.length === 0 && <Empty>Nothing is pinned yet: “pin” stands above every neuron, head and token.</Empty>}
      <ol className="board" ref={list}>
        {pinned.map((one, at) => (
          <li
            key={addressOf(one.pin)}
            tabIndex={change ? 0 : undefined}
            onKeyDown={keys(at)}
            aria-label={nameOf(one.pin)}
          >
            <div className="board-card">
              <Card
                pin={one.pin}
                onReading={(name, reading) => read.current.set(addressOf(one.pin), { name, reading })}
              />
            </div>
            <div className="board-beside">
              {change ? (
                <textarea
                  aria-label={`Note on ${nameOf(one.pin)}`}
                  placeholder="a note"
                  maxLength={4000}
                  value={one.note}
                  onChange={({ currentTarget: { value } }) =>
                    change(pinned.map((other, i) => (i === at ? { ...other, note: value } : other)))
                  }
                />
              ) : (
                <p className="board-note">{one.note}</p>
              )}
              <div className="board-buttons">
                <Link
                  to={addressOf(one.pin).split('?')[0] as string}
                  search={Object.fromEntries(new URLSearchParams(one.pin.query)) as never}
                >
                  whole page
                </Link>
                {change && (
                  <>
                    <button
                      type="button"
                      className="pill"
                      disabled={at === 0}
                      onClick={() => move(at, -1)}
                      aria-label={`Move ${nameOf(one.pin)} up`}
                    >
                      ↑
                    </button>
                    <button
                      type="button"
                      className="pill"
                      disabled={at === pinned.length - 1}
                      onClick={() => move(at, 1)}
                      aria-label={`Move ${nameOf(one.pin)} down`}
                    >
                      ↓
                    </button>
                    <button
                      type="button"
                      className="pill"
                      onClick={() => change(pinned.filter((_, i) => i !== at))}
                      aria-label={`Remove ${nameOf(one.pin)}`}
                    >
                      remove
                    </button>
                  </>
                )}
              </div>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
