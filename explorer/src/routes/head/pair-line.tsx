import { head, pairAsked } from '../../api/queries.ts';
import type { HeadRow, TokenPair } from '../../api/types.ts';
import { usePreviewedQuery } from '../../api/use-previewed-query.ts';
import { Answer } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatCount, formatScore } from '../../format.ts';
import type { PairIds } from '../../state/pair.ts';
import { MATRICES } from './matrices.ts';
import type { HeadPlace } from './queries.ts';
import { matrixOf } from './search.ts';

interface PairLineProps {
  place: HeadPlace;
  ids: PairIds;
  /** What is listed, where its place is looked up. */
  pairs: readonly TokenPair[];
  /** The exact score may be asked for. */
  exact: boolean;
  onLeave: () => void;
}

/** The pair that the address names, with its score, whether it is listed or not. */
export function PairLine({ place, ids, pairs, exact, onLeave }: PairLineProps) {
  const { model, layer, head: index, search } = place;
  const query = usePreviewedQuery(head.row, pairAsked([model, layer, index], matrixOf(search), ids, search), {
    preview: search.normalize === undefined,
    ready: exact,
  });
  const at = pairs.findIndex(({ first, second }) => first.id === ids.first && second.id === ids.second);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
    <div className="pair-line" role="group" aria-label="Pair">
      <Answer query={query} what="Reading the pair">
        {({ token, top: [second] }: HeadRow) => (
          <span>
            {MATRICES[matrixOf(search)].name} of the pair <TokenLabel token={token} model={model} />
            <span className="soft"> → </span>
            {second && <TokenLabel token={second} model={model} />}
            {': '}
            <b>{second ? formatScore(second.score) : '–'}</b>
            <span className="soft">
              {second?.margin !== undefined && ` ± ${formatScore(second.margin)}`}
              {at >= 0
                ? `, ${formatCount(at + 1)} of the ${formatCount(pairs.length)} listed`
                : ', not among the listed'}
            </span>
          </span>
        )}
      </Answer>
      <button type="button" className="pill" onClick={onLeave}>
        leave it
      </button>
    </div>
  );
}
