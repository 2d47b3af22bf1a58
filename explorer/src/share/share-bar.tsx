import { Link, useLocation } from '@tanstack/react-router';
import { isPinned, MOST_PINS, setBoard, toggled, useBoard } from './board.ts';
import { frameOf, linkTo } from './link.ts';
import { addressOf, nameOf, pinOf } from './pin.ts';
import { useCopy } from './use-copy.ts';
import './share-bar.css';

/** What a page can be given away by: its link, a card of it, a pin on the board. */
export function ShareBar() {
  const { pathname, search, searchStr } = useLocation();
  const pinned = useBoard();
  const { said, copy } = useCopy();
  const pin = pinOf(pathname, search);
  const isOn = pin !== undefined && isPinned(pinned, pin);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
    <div className="share-bar" role="group" aria-label="Share">
      <span role="status">{said}</span>
      <button type="button" onClick={() => void copy('link', linkTo(`${pathname}${searchStr}`))}>
        copy link
      </button>
      {pin && (
        <>
          <button
            type="button"
            title="HTML of a frame that shows it in another page. A page of this machine shows it where explore was started with --embed"
            onClick={() => void copy('frame', frameOf(addressOf(pin), `${pin.model}, ${nameOf(pin)}`))}
          >
            copy card
          </button>
          <button
            type="button"
            aria-pressed={isOn}
            disabled={!isOn && pinned.length >= MOST_PINS}
            title={isOn || pinned.length < MOST_PINS ? '' : `The board is full: it has ${MOST_PINS} pins`}
            onClick={() => setBoard(toggled(pinned, pin))}
          >
            {isOn ? 'pinned' : 'pin'}
          </button>
        </>
      )}
      {pinned.length > 0 && pathname !== '/board' && <Link to="/board">board ({pinned.length})</Link>}
    </div>
  );
}
