import { Fragment } from 'react';
import { TokenText } from './token-text.tsx';

interface LitWordsProps {
  tokens: readonly { id: number; label: string }[];
  /** Ids of the tokens that are looked for. */
  lit: ReadonlySet<number> | undefined;
  className: string;
}

/** Words in a line; those that are looked for are lit. */
export function LitWords({ tokens, lit, className }: LitWordsProps) {
  return (
    <span className={`token toned ${className}`}>
      {tokens.map(({ id, label }, i) => (
        <Fragment key={id}>
          {i > 0 && ' '}
          {lit?.has(id) ? (
            <mark className="token met">
              <TokenText label={label} />
            </mark>
          ) : (
            <TokenText label={label} />
          )}
        </Fragment>
      ))}
    </span>
  );
}
