import { useEffect, useRef, useState } from 'react';
import type { Contact } from '../api/contact.ts';
import type { ModelInfo } from '../api/types.ts';
import { formatDuration } from '../format.ts';
import './notices.css';

/** What the reader must know on every page: the server is gone or back, an atlas is on its way. */
export function Notices({ contact, model }: { contact: Contact; model: ModelInfo | undefined }) {
  return (
    <div className="notices" role="status">
      {contact === 'gone' && (
        <p className="notice alarm">
          The server does not answer; the page looks for it every other second. Is <code>weightscope explore</code>{' '}
          still running?
        </p>
      )}
      {contact === 'locked' && (
        <p className="notice alarm">The server was started anew: open the address that it printed.</p>
      )}
      {contact === 'back' && <p className="notice">The server is back.</p>}
      {contact !== 'gone' && model?.building && <Building {...model.building} />}
    </div>
  );
}

/** Sentences need a while to be read, and the first tenth says little of the rest. */
const ENOUGH = { seconds: 5, share: 0.02 };

function Building({ done, what }: { done: number; what: string }) {
  const first = useRef({ done, at: Date.now() });
  const [now, setNow] = useState(Date.now());
  useEffect(() => setNow(Date.now()), [done]);
  const seconds = (now - first.current.at) / 1000;
  const share = done - first.current.done;
  const left = seconds > ENOUGH.seconds && share > ENOUGH.share ? ((1 - done) * seconds) / share : undefined;
  return (
    <p className="notice">
      The atlas is being made, so that the whole model can be searched: {what}{' '}
      <progress value={done} max={1} aria-label="Making the atlas" /> {Math.floor(done * 100)} %
      {left !== undefined && `, about ${formatDuration(left)} left`}. Everything else can be read meanwhile.
    </p>
  );
}
