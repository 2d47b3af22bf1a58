import { lazy, Suspense, useEffect, useState } from 'react';

const Palette = lazy(() => import('./palette.tsx'));

/** Opens the palette, as ⌘K, Ctrl+K and `/` do. */
export function PaletteButton({ model }: { model: string }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const chord = event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey);
      if (!chord && (event.key !== '/' || isTyping(event.target))) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        className="palette-button"
        aria-keyshortcuts="Control+K Meta+K /"
        onClick={() => setOpen(true)}
      >
        <span className="visually-hidden">Go to</span>
        <span className="mono examples">neuron 0:381 · head 5:2 · “ king”</span>
        <span className="mono short" aria-hidden="true">
          go to
        </span>
        <kbd>{IS_MAC ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      {open && (
        <Suspense>
          <Palette model={model} close={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform);

/** Whether a key pressed here is text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
