import { useEffect, useRef } from 'react';
import { GLOSSARY } from '../../../src/guide/glossary.ts';
import { LESSON } from '../../../src/guide/lesson.ts';
import './guide.css';

const TERMS = [...GLOSSARY].sort((a, b) => a.name.localeCompare(b.name, 'en'));

const KEYS = [
  ['Ctrl K, ⌘ K or /', 'go anywhere by typing: a word, neuron 0:381, head 1:5, an expression'],
  ['← →', 'the neuron or head before and after'],
  ['?', 'this help'],
] as const;

/** The docs come with the package: the page is no host of them, and loads nothing from others. */
const DOCS = [
  ['docs/start.md', 'the first lesson, in the folder of weightscope'],
  ['docs/explorer.md', 'these pages, one by one'],
  ['docs/readings.md', 'what the scores mean, normalisers, exclusions'],
  ['docs/statistics.md', 'statistics and what chance gives'],
  ['weightscope explain z', 'a word below, or a flag, in a terminal'],
] as const;

/** `?`: the first lesson, the keys, where the docs are, the glossary. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = (event.target as Element | null)?.closest('input, select, textarea, [contenteditable]');
      if (event.key === '?' && !typing) dialog.current?.showModal();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        className="theme"
        aria-label="Help"
        title="Help (?)"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <dialog ref={dialog} className="help" aria-label="Help" closedby="any">
        <form method="dialog">
          <button type="submit" className="theme" aria-label="Close">
            ×
          </button>
        </form>
        <h2>What a reading is</h2>
        {Object.entries(LESSON).map(([name, sentence]) => (
          <p key={name}>{sentence.replaceAll('`', '')}</p>
        ))}
        <h2>Keys</h2>
        <dl>
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <h2>Where to read on</h2>
        <dl>
          {DOCS.map(([where, what]) => (
            <div key={where}>
              <dt>{where}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <h2>Words</h2>
        <dl>
          {TERMS.map(({ name, meaning }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{meaning.replaceAll('`', '')}</dd>
            </div>
          ))}
        </dl>
      </dialog>
    </>
  );
}
