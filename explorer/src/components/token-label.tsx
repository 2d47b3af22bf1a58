import { Link } from '@tanstack/react-router';
import type { Token } from '../api/types.ts';
import { TokenText } from './token-text.tsx';

interface TokenLabelProps {
  token: Token;
  /** Links to the token's page in this model. */
  model?: string;
}

/** A token as the page writes it: monospaced, its leading space a faint `·`, its full text and id as a tooltip. */
export function TokenLabel({ token, model }: TokenLabelProps) {
  const title = `${JSON.stringify(token.token)} · id ${token.id}`;
  const text = <TokenText label={token.label} />;
  if (model === undefined) {
    return (
      <span className="token" title={title}>
        {text}
      </span>
    );
  }
  return (
    <Link className="token" title={title} to="/m/$model/token/$id" params={{ model, id: token.id }}>
      {text}
    </Link>
  );
}
