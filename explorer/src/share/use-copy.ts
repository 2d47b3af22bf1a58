import { useState } from 'react';
import { copyText } from '../save.ts';

/** How long it is said that something was copied. */
const SAID_MS = 2500;

/** Copies a text, and what became of that, in words for a while. */
export function useCopy(): { said: string; copy: (what: string, text: string) => Promise<void> } {
  const [said, setSaid] = useState('');
  const copy = async (what: string, text: string): Promise<void> => {
    setSaid(
      await copyText(text).then(
        () => `${what} copied`,
        () => 'the browser does not let the page copy',
      ),
    );
    setTimeout(() => setSaid(''), SAID_MS);
  };
  return { said, copy };
}
