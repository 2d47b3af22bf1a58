import { useSettling } from '../../components/use-settling.ts';
import '../../components/find.css';
import './search.css';

interface WordFieldProps {
  value: string;
  examples: readonly string[];
  onChange: (text: string) => void;
}

/** Searches on Enter, or when the hand rests. */
export function WordField({ value, examples, onChange }: WordFieldProps) {
  const [text, setText, tell] = useSettling(value, onChange, 400);
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
        onKeyDown={(event) => event.key === 'Enter' && tell(text)}
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
