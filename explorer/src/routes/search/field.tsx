import { useEffect, useState } from 'react';
import '../../components/find.css';
import './search.css';

interface WordFieldProps {
  value: string;
  examples: readonly string[];
  onChange: (text: string) => void;
}

/** Searches on Enter, or when the hand rests. */
export function WordField({ value, examples, onChange }: WordFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="word-field">
      <input
        type="search"
        className="find-field mono"
        aria-label="Words"
        placeholder="king queen"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && onChange(text)}
      />
      <span className="soft">
        for example{' '}
        {examples.map((example) => (
          <button key={example} type="button" className="example mono" onClick={() => onChange(example)}>
            {example}
          </button>
        ))}
      </span>
    </div>
  );
}
