import type { ScoredToken } from '../api/types.ts';
import { scoreFormat } from '../format.ts';
import { Bar, type Tone } from './bar.tsx';
import { TokenLabel } from './token-label.tsx';

interface ScoreBarsProps {
  /** What the list is, for those who do not see its heading. */
  label: string;
  tokens: readonly ScoredToken[];
  tone: Tone;
  /** Links each token to its page. */
  model?: string;
  /** The score that a full bar stands for; default: the largest here. */
  max?: number;
  format?: (score: number) => string;
}

/** A short ranked list: token, score, bar. For thousands of rows use DataTable. */
export function ScoreBars({ label, tokens, tone, model, max, format }: ScoreBarsProps) {
  const scores = tokens.map((token) => token.score);
  const full = max ?? Math.max(0, ...scores.map(Math.abs));
  const write = format ?? scoreFormat(scores);
  return (
    <table className={`score-bars ${tone}`} aria-label={label}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">token</th>
          <th scope="col">score</th>
        </tr>
      </thead>
      <tbody>
        {/* By its place, so that another list in the place of this one moves no row. */}
        {tokens.map((token, place) => (
          <tr key={place}>
            <td>
              <TokenLabel token={token} {...(model !== undefined && { model })} />
            </td>
            <td>
              <span className="number">{write(token.score)}</span>
              <Bar value={token.score} max={full} />
              {token.margin !== undefined && <span className="margin">± {write(token.margin)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
