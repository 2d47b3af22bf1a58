import type { HeadMatrix } from '../../api/types.ts';
import { FilterBar } from '../../components/filter-bar.tsx';
import { Pill } from '../../components/pill.tsx';
import { formatCount } from '../../format.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { MATRICES } from './matrices.ts';
import { type HeadSearch, LISTABLE, LISTED, matrixOf } from './search.ts';
import { ThresholdControl } from './threshold-control.tsx';
import type { HeadAnswers } from './use-head.ts';

export type HeadChange = { [K in keyof (HeadSearch & ReadingSearch)]?: (HeadSearch & ReadingSearch)[K] | undefined };

interface ControlsProps {
  search: HeadSearch & ReadingSearch;
  answers: HeadAnswers;
  /** The threshold as the slider has it now. */
  beyond: number | undefined;
  onBeyond: (value: number | undefined) => void;
  onChange: (change: HeadChange) => void;
}

/** Which matrix, which pairs of it, in which order. */
export function Controls({ search, answers, beyond, onBeyond, onChange }: ControlsProps) {
  const matrix = matrixOf(search);
  return (
    <>
      <div className="head-controls">
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="Matrix">
          {(['vo', 'qk'] as const).map((which) => (
            <Pill
              key={which}
              pressed={which === matrix}
              title={MATRICES[which].what}
              onClick={() => onChange(changeTo(which))}
            >
              {MATRICES[which].name}
            </Pill>
          ))}
        </div>
        <ThresholdControl
          key={`${matrix} ${search.end}`}
          answers={answers}
          matrix={matrix}
          end={search.end ?? 'highest'}
          value={beyond}
          onChange={onBeyond}
        />
        <Selection search={search} onChange={onChange} />
      </div>
      <FilterBar value={search} onChange={onChange} />
    </>
  );
}

/** Scores and tokens of one matrix say nothing of the other. */
const changeTo = (matrix: HeadMatrix): HeadChange => ({
  matrix,
  beyond: undefined,
  id: undefined,
  side: undefined,
  pair: undefined,
});

function Selection({ search, onChange }: Pick<ControlsProps, 'search' | 'onChange'>) {
  const other = MATRICES[matrixOf(search) === 'vo' ? 'qk' : 'vo'].name;
  return (
    <div className="selection">
      {(['same', 'fuzzy'] as const).map((what) => (
        <Pill
          key={what}
          pressed={search.exclude === what}
          title={what === 'same' ? 'Leave out pairs of a word with itself' : 'Leave out pairs of similar words'}
          onClick={() => onChange({ exclude: search.exclude === what ? undefined : what })}
        >
          exclude {what}
        </Pill>
      ))}
      <label>
        <span className="soft">order</span>{' '}
        <select
          value={search.order ?? search.end ?? 'highest'}
          onChange={(event) => onChange(orderOf(event.currentTarget.value))}
        >
          <option value="highest">highest first</option>
          <option value="lowest">lowest first</option>
          <option value="other">by {other}</option>
        </select>
      </label>
      <label>
        <span className="soft">list</span>{' '}
        <select
          value={search.list ?? LISTED}
          onChange={(event) => {
            const list = Number(event.currentTarget.value);
            onChange({ list: list === LISTED ? undefined : list });
          }}
        >
          {LISTABLE.map((length) => (
            <option key={length} value={length}>
              {formatCount(length)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function orderOf(value: string): HeadChange {
  if (value === 'other') return { order: 'other', end: undefined };
  // A threshold from above is none from below.
  return { order: undefined, end: value === 'lowest' ? 'lowest' : undefined, beyond: undefined };
}
