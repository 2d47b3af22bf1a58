import { useEffect, useRef } from 'react';
import { GLOSSARY } from '../../../src/guide/glossary.ts';
import { LESSON } from '../../../src/guide/lesson.ts';
import { isSite } from '../site/site.ts';
import { DOCS, docPath } from './docs.ts';
import './guide.css';

const TERMS = [...GLOSSARY].sort((a, b) => a.name.localeCompare(b.name, 'en'));

const KEYS = [
  ['Ctrl K, ⌘ K or /', 'go anywhere by typing: a word, neuron 0:381, head 1:5, an expression'],
  ['← →', 'the neuron or head before and after'],
  ['?', 'this help'],
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
          {DOCS.map(([name, what]) => (
            <div key={name}>
              <dt>
                <a href={isSite ? docPath(name) : `/${docPath(name)}`} target="_blank" rel="noreferrer">
                  docs/{name}.md
                </a>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
          <div>
            <dt>weightscope explain z</dt>
            <dd>a word below, or a flag, in a terminal</dd>
          </div>
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
