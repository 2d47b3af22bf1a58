import { chanceNotes, type Evidence } from '../../../src/reading/chance-in-words.ts';
import { Term } from '../guide/term.tsx';

interface ChanceLineProps {
  /** What was read, by name; before it is there its place is kept, so that nothing below moves when it comes. */
  lists: readonly Evidence[] | undefined;
  /** Of which the model has many; absent: of a vector of one's own. */
  what?: 'neurons' | 'heads';
}

const NAME = 'chance';

/**
 * The lists' evidence in the command's own words: z and p of each first score, and how many such chance alone gives.
 */
export function ChanceLine({ lists, what }: ChanceLineProps) {
  const text = lists ? chanceNotes(lists, what).join(' ') : '';
  const at = text.indexOf(NAME);
  const className = `page-line chance-line ${what ?? ''}`;
  if (at < 0) return <p className={className} />;
  return (
    <p className={className}>
      {text.slice(0, at)}
      <Term name={NAME} />
      {text.slice(at + NAME.length)}
    </p>
  );
}
