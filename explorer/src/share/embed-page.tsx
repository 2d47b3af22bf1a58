import { useLocation } from '@tanstack/react-router';
import { Empty } from '../components/states.tsx';
import { Card } from './card.tsx';
import { linkTo } from './link.ts';
import { addressOf, pinOf } from './pin.ts';

/** One card without the page around it, for a frame in another page. Its only link opens the whole page elsewhere. */
export default function EmbedPage() {
  const { pathname, search } = useLocation();
  const pin = pinOf(pathname, search);
  return (
    <main id="main" className="embed-card">
      <h1 className="visually-hidden">weightscope</h1>
      {pin ? (
        <>
          <Card pin={pin} />
          <a className="card-whole" href={linkTo(addressOf(pin))} target="_blank" rel="noopener">
            the whole page in weightscope
          </a>
        </>
      ) : (
        <Empty>A card shows a neuron, a head or a token, and this address is of none.</Empty>
      )}
    </main>
  );
}
